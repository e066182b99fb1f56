#!/usr/bin/env python3
"""Makes the data of docs/TUTORIAL.md that are not public: spoken words, payments, and sessions that join everything.

    python3 make.py words       # words/WORD/VOICE_ACCENT.wav, by espeak-ng
    python3 make.py payments    # purchases.csv and payments.csv
    python3 make.py sessions    # sessions.csv and history.csv; needs words/, photos/ and intents.csv

Files are written into the folder in which it runs. Nothing but Python is needed (3.8 or later), and espeak-ng for words;
every run writes the same bytes, those of espeak-ng as far as its version is the same (1.51 here).
"""

import csv
import math
import os
import random
import subprocess
import sys
from datetime import datetime, timedelta

WORDS = ["yes", "no", "pay", "cancel", "refund", "help", "card", "cash"]
ACCENTS = {"us": "en-us", "gb": "en-gb", "sc": "en-gb-scotland"}
VOICES = (
    "f1 f2 f3 f4 f5 m1 m2 m3 m4 m5 m6 m7 m8 adam Alex Alicia Andrea Andy Annie antonio aunty belinda benjamin boris caleb "
    "david ed edward Gene grandpa john linda marcelo max michael miguel mike pablo robert victor"
).split()


def words():
    dice = random.Random(1)
    for word in WORDS:
        os.makedirs(f"words/{word}", exist_ok=True)
        for voice in VOICES:
            for accent, language in ACCENTS.items():
                speed = 120 + int(80 * dice.random())
                pitch = 30 + int(45 * dice.random())
                loudness = 40 + int(60 * dice.random())
                out = f"words/{word}/{voice.lower()}_{accent}.wav"
                how = ["-v", f"{language}+{voice}", "-s", speed, "-p", pitch, "-a", loudness, "-w", out, word]
                subprocess.run(["espeak-ng", *map(str, how)], check=True)


class Customer:
    """Somebody with habits: how much is paid, where, and how often a payment is declined."""

    def __init__(self, dice, number):
        self.name = f"c{number:04}"
        self.typical = 10 * 8 ** dice.random()
        self.country = pick(dice, ["DE", "DE", "DE", "FR", "NL", "AT", "PL"])
        self.declines = 0.35 if dice.random() < 0.15 else 0.05


def pick(dice, choices):
    return choices[int(dice.random() * len(choices))]


def shuffled(dice, names):
    """In an order that does not depend on the order of the files in a folder."""
    return [name for _, name in sorted((dice.random(), name) for name in sorted(names))]


def spread(dice):
    """About a normal deviate, the same on every machine."""
    return sum(dice.random() for _ in range(12)) - 6


def amount(dice, typical):
    return round(typical * math.exp(0.5 * spread(dice)), 2)


def payments_before(dice, customer):
    """Up to twelve earlier payments, oldest first, each with the hours that have passed since."""
    hours, rows = 2000 * dice.random(), []
    for _ in range(int(13 * dice.random())):
        abroad = dice.random() < 0.06
        rows.append({
            "hours_before": round(hours, 1),
            "amount": amount(dice, customer.typical),
            "country": pick(dice, ["US", "TR", "TH", "ES"]) if abroad else customer.country,
            "entry": pick(dice, ["chip", "chip", "contactless", "contactless", "contactless", "online"]),
            "status": "declined" if dice.random() < customer.declines else "approved",
        })
        hours *= 0.4 + 0.55 * dice.random()
    return rows


def purchase(dice, customer):
    """What is bought now: usual for this customer, or not."""
    strange = dice.random() < 0.25
    abroad = dice.random() < (0.4 if strange else 0.05)
    return {
        "amount": amount(dice, customer.typical * (4 if strange else 1)),
        "country": pick(dice, ["US", "TR", "TH", "ES", "FR", "DE"]) if abroad else customer.country,
        "entry": pick(dice, ["chip", "contactless", "contactless", "online", "stripe"]),
        "hour": int(24 * max(dice.random(), dice.random())),
    }


def risk(dice, now, before, more=0.0):
    """Drawn with a probability that grows with what is unlike this customer's history; so nobody can be right always."""
    usual = sorted(row["amount"] for row in before)
    middle = usual[len(usual) // 2] if usual else 30.0
    score = -4.1 + more
    score += 1.5 * max(-1.0, min(3.0, math.log2(now["amount"] / middle)))
    score += 2.2 * (now["country"] not in [row["country"] for row in before] if before else 0.5)
    score += 1.6 * min(2, sum(row["status"] == "declined" for row in before[-4:]))
    score += 1.2 * (now["entry"] == "stripe")
    score += 0.9 * (now["hour"] >= 22 or now["hour"] < 5)
    return "high" if dice.random() < 1 / (1 + math.exp(-score)) else "low"


def dated(now, before):
    """The payments with the time of each, which is told to the minute."""
    return [{"at": f"{now - timedelta(hours=row['hours_before']):%Y-%m-%d %H:%M}", **row} for row in before]


def write(path, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def payments():
    dice = random.Random(2)
    customers = [Customer(dice, number) for number in range(1200)]
    purchases, history = [], []
    for number in range(6000):
        customer = pick(dice, customers)
        before, now = payments_before(dice, customer), purchase(dice, customer)
        name = f"p{number:05}"
        when = datetime(2026, 1, 1, now["hour"]) + timedelta(days=int(181 * dice.random()))
        label = risk(dice, now, before)
        purchases.append({"purchase": name, "customer": customer.name, "when": f"{when:%Y-%m-%d}", **now, "risk": label})
        history += [{"purchase": name, **row} for row in dated(when, before)]
    write("purchases.csv", purchases)
    write("payments.csv", history)


# The word that is said for each intent, and what photographs have to do with risk.
SAID = {"refund": "refund", "lost_card": "card", "cash": "cash", "cancel": "cancel", "person": "help"}
GOODS = {"airplane": 1.5, "cat": -1.0, "ship": 0.0}


def sessions():
    """Joins photographs, words, texts and payments. What is tested on is new in each: customers, photographs, voices, texts."""
    dice = random.Random(3)
    with open(beside("intents.csv"), newline="", encoding="utf-8") as file:
        texts = list(csv.DictReader(file))
    rows, history = [], []
    for part, count, base in [("train", 1500, 0), ("test", 375, 500)]:
        customers = [Customer(dice, base + number) for number in range(count // 5)]
        new = part == "test"
        photos = shuffled(dice, [f"photos/{part}/{goods}/{name}" for goods in GOODS for name in os.listdir(f"photos/{part}/{goods}")])
        voices = [voice for at, voice in enumerate(VOICES) if (at % 5 == 0) == new]
        asked = [text for at, text in enumerate(texts) if (at % 5 == 0) == new]
        for place in range(count):
            customer = pick(dice, customers)
            before, now = payments_before(dice, customer), purchase(dice, customer)
            photo = photos[place % len(photos)]
            intent = pick(dice, sorted(SAID))
            clip = f"words/{SAID[intent]}/{pick(dice, voices).lower()}_{pick(dice, sorted(ACCENTS))}.wav"
            text = pick(dice, [text["text"] for text in asked if text["intent"] == intent])
            name = f"s{len(rows):04}"
            label = risk(dice, now, before, GOODS[photo.split("/")[2]])
            inputs = {"photo": photo, "clip": clip, "request": text, **now}
            # A fifth of the cells are empty, and of a fifth of the sessions nothing is known from before.
            inputs = {key: "" if dice.random() < 0.2 else cell for key, cell in inputs.items()}
            rows.append({"session": name, "part": part, "customer": customer.name, **inputs, "intent": intent, "risk": label})
            if dice.random() >= 0.2:
                when = datetime(2026, 7, 1, now["hour"])
                history += [{"session": name, **row} for row in dated(when, before)]
    write("sessions.csv", rows)
    write("history.csv", history)


def beside(name):
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), name)


if __name__ == "__main__":
    makers = {"words": words, "payments": payments, "sessions": sessions}
    if len(sys.argv) != 2 or sys.argv[1] not in makers:
        sys.exit(__doc__)
    makers[sys.argv[1]]()
