//! Boards that are attached to a serial port: the firmware in QEMU, whose serial port is a pseudo-terminal of this machine.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tillsense_device::boards;
use tillsense_device::toolchain::{build_firmware, ensure, for_machines};

use crate::room::Room;

/// A terminal that runs as if it were attached.
struct Attached {
    qemu: Child,
    port: String,
}

impl Attached {
    /// Starts a board with a model file in its slot.
    fn start(board: &str, model: &Path) -> Self {
        let machine = boards::find(board).unwrap();
        ensure(&for_machines(&[machine])).unwrap();
        let image = build_firmware(machine, "terminal").unwrap();
        let qemu = machine.emulator().unwrap();
        let mut command = Command::new(qemu.program);
        command.args(&qemu.arguments).args([
            "-icount", "shift=0", "-display", "none", "-monitor", "none", "-serial", "pty",
        ]);
        command.args(["-semihosting-config", "enable=on,target=native"]);
        command.arg("-kernel").arg(&image).arg("-device");
        let slot = format!("addr={:#x},force-raw=on", machine.slot);
        command.arg(format!("loader,file={},{slot}", model.display()));
        let mut qemu = command.stdout(Stdio::piped()).spawn().unwrap();
        // "char device redirected to /dev/pts/3 (label serial0)"
        let mut told = String::new();
        let mut out = BufReader::new(qemu.stdout.take().unwrap());
        out.read_line(&mut told).unwrap();
        let port = told
            .split_whitespace()
            .find(|word| word.starts_with("/dev/"));
        Attached {
            port: port
                .unwrap_or_else(|| panic!("no port in `{told}`"))
                .to_owned(),
            qemu,
        }
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.qemu.kill());
        drop(self.qemu.wait());
    }
}

/// The first sample of an array of eight.
fn first_of(array: &[u8]) -> Vec<u8> {
    let start = 10 + usize::from(u16::from_le_bytes([array[8], array[9]]));
    let (header, values) = array.split_at(start);
    let header = String::from_utf8_lossy(&header[10..]).replace("(8, ", "(1, ");
    [&array[..10], header.as_bytes(), &values[..values.len() / 8]].concat()
}

/// A room with an imported network for each of these processors, and arrays for it.
fn room() -> Room {
    let room = Room::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/tflite");
    for end in ["tflite", "in0.npy", "out0.npy"] {
        let name = format!("product_0.{end}");
        room.write(&name, std::fs::read(folder.join(&name)).unwrap());
    }
    room.write("one.npy", first_of(&room.read("product_0.in0.npy")));
    for target in ["cortex-m4", "rv32imc"] {
        room.run(&format!(
            "import product_0.tflite -o {target}.till --target {target}"
        ))
        .succeeds();
    }
    room
}

#[test]
fn an_attached_board_answers_every_command() {
    let room = room();
    let board = Attached::start("mps2-an386", &room.path("cortex-m4.till"));
    let port = &board.port;

    let told = room
        .run(&format!("terminal info --port {port} --json"))
        .json();
    assert_eq!(
        (&told["board"], &told["link_version"]),
        (&"mps2-an386".into(), &2.into())
    );
    assert_eq!(
        (&told["model"]["name"], &told["model"]["inputs"]),
        (&"product_0".into(), &1.into())
    );
    let shown = room.run(&format!("terminal info --port {port}")).succeeds();
    assert!(shown.out.contains("product_0 version 1"), "{shown:?}");
    let tested = room
        .run(&format!("terminal selftest --port {port} --json"))
        .json();
    assert_eq!(
        (&tested["digest_holds"], &tested["failures"]),
        (&true.into(), &0.into())
    );

    // `emulate` is another name of `compare`. SysTick counts time on a part, and under QEMU a nanosecond is an instruction.
    let emulated = room
        .run("emulate cortex-m4.till --board mps2-an386 --samples 3 --json")
        .json();
    let attached = room
        .run(&format!(
            "compare cortex-m4.till --port {port} --samples 3 --json"
        ))
        .json();
    let (emulated, attached) = (&emulated[0], &attached[0]);
    assert_eq!(
        (&attached["samples"], &attached["identical"]),
        (&3.into(), &3.into())
    );
    assert_eq!(attached["nanoseconds"], emulated["instructions"]);
    assert_eq!(attached["mean_nanoseconds"], emulated["mean_instructions"]);
    assert_eq!(attached["processor"], emulated["processor"]);
    let parts = |of: &Value, unit: &str| -> Vec<u64> {
        let parts = of["counts"].as_array().unwrap().iter();
        parts.map(|part| part[unit].as_u64().unwrap()).collect()
    };
    assert_eq!(
        parts(attached, "nanoseconds"),
        parts(emulated, "instructions")
    );
    let shown = room.run(&format!(
        "compare cortex-m4.till --port {port} --samples 2 --counts"
    ));
    let shown = shown.succeeds();
    assert!(
        shown.out.contains("nanoseconds of the last session"),
        "{shown:?}"
    );

    // The program `bench` is another image, which takes inputs in other pieces: a percent at most.
    let benched = room.run("bench model cortex-m4.till --json").json();
    let measured = room.run(&format!("bench model cortex-m4.till --port {port} --json"));
    let (benched, measured) = (&benched["instructions"], &measured.json()["nanoseconds"]);
    let (benched, measured) = (benched.as_u64().unwrap(), measured.as_u64().unwrap());
    assert!(
        benched.abs_diff(measured) * 100 < benched,
        "{benched} {measured}"
    );

    let ran = room.run(&format!(
        "run product_0.tflite --tensor one.npy --port {port} --json"
    ));
    let ran = ran.json();
    let on_board = if ran.is_array() {
        &ran[0]["boards"][0]
    } else {
        &ran["boards"][0]
    };
    assert_eq!(
        (&on_board["board"], &on_board["identical"]),
        (&"mps2-an386".into(), &true.into())
    );
    let arrays = "--inputs product_0.in0.npy --expected product_0.out0.npy";
    let verified = room
        .run(&format!(
            "verify cortex-m4.till {arrays} --port {port} --json"
        ))
        .json();
    assert_eq!(verified["equal"], true);
}

#[test]
fn a_board_that_holds_another_model_is_refused() {
    let room = room();
    let board = Attached::start("riscv-virt", &room.path("rv32imc.till"));
    let port = &board.port;
    // The same network, packed for its processor on the way; and for another one.
    let compared = room
        .run(&format!(
            "compare product_0.tflite --port {port} --samples 2 --json"
        ))
        .json();
    assert_eq!(
        (&compared[0]["identical"], &compared[0]["mean_nanoseconds"]),
        (&2.into(), &Value::Null)
    );
    assert!(compared[0]["mean_instructions"].as_u64() > Some(1000));
    for command in [
        "compare",
        "terminal info",
        "terminal selftest",
        "run --tensor one.npy",
    ] {
        room.run(&format!("{command} cortex-m4.till --port {port}"))
            .fails(&[
                "riscv-virt holds `product_0` version 1 (digest ",
                "cortex-m4.till is `product_0` version 1 (digest ",
                "`tillsense flash cortex-m4.till --board riscv-virt` writes it",
            ]);
    }
    room.run(&format!(
        "compare rv32imc.till --port {port} --board mps2-an386"
    ))
    .fails(&["calls itself `riscv-virt`", "--board names mps2-an386"]);
    room.run(&format!(
        "compare rv32imc.till --port {port} --board mps2-an386 --board riscv-virt"
    ))
    .fails(&["one board is attached", "once"]);
    // A board whose flash holds no model says so.
    room.write("none.bin", [7; 100]);
    let empty = Attached::start("riscv-virt", &room.path("none.bin"));
    let told = room
        .run(&format!("terminal info --port {}", empty.port))
        .succeeds();
    assert!(
        told.out.contains("none: there is none in its slot"),
        "{told:?}"
    );
    let words = &["riscv-virt runs no model", "none in its slot"];
    room.run(&format!("terminal selftest --port {}", empty.port))
        .fails(words);
    room.run(&format!("compare rv32imc.till --port {}", empty.port))
        .fails(&[
            words[0],
            "`tillsense flash rv32imc.till --board riscv-virt` writes it",
        ]);
}

#[test]
fn a_port_that_is_none_is_told() {
    let room = room();
    let model = "compare cortex-m4.till --port";
    room.run(&format!("{model} /dev/ttyNOWHERE"))
        .fails(&["no serial port /dev/ttyNOWHERE; th"]);
    room.run(&format!("{model} cortex-m4.till"))
        .fails(&["cortex-m4.till is no serial port"]);
    for (port, words) in [
        ("COM3:fast", "`fast` is no baud rate"),
        (":9600", "a port has a name"),
    ] {
        room.run(&format!("{model} {port}")).says_error(2, &[words]);
    }
    room.run("terminal info").says_error(2, &["--board"]);
    room.run("terminal info --board riscv-virt")
        .fails(&["name the file that it is to hold"]);
}
