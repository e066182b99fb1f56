#!/usr/bin/env python3
"""Simple baselines for docs/TUTORIAL.md, on the same test samples; needs `pip install numpy scikit-learn`.

    python3 baselines.py intents PREDICTIONS      # also: requests, words, payments, sessions

PREDICTIONS is what `tillsense evaluate MODEL --predictions PREDICTIONS` wrote: it says which samples are tested on. The
baselines are trained on all others, what Tillsense holds out included.
"""

import csv
import os
import sys
import wave

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def rows(path):
    """The rows of a table with their lines, `FILE, line N` as in predictions."""
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        for row in reader:
            yield f"{path}, line {reader.line_num}", row


def divided(path, tested):
    """Training and test rows. Where a customer or a day is tested on, nothing of that customer and of those days is trained on."""
    all_rows = list(rows(path))
    test = [row for place, row in all_rows if place in tested]
    train = [row for place, row in all_rows if place not in tested]
    if "when" in train[0]:
        customers, first = {row["customer"] for row in test}, min(row["when"] for row in test)
        train = [row for row in train if row["customer"] not in customers and row["when"] < first]
    return train, test


def say(what, model, train, test):
    """Fits on (inputs, labels) and says how often it is right."""
    model.fit(*train)
    right = np.mean(model.predict(test[0]) == np.array(test[1]))
    line = f"{what}: {100 * right:.2f} % of {len(test[1])}"
    if len(set(train[1])) == 2:
        scores = model.predict_proba(test[0])[:, 1]
        line += f", AUC {roc_auc_score(np.array(test[1]) == model.classes_[1], scores):.4f}"
    print(line)


def majority(name, train, test):
    most = max(set(train), key=train.count)
    print(f"{name}: majority {100 * test.count(most) / len(test):.2f} % of {len(test)}")


def text_model():
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    return make_pipeline(FeatureUnion([("words", words), ("letters", letters)]), LogisticRegression(C=30, max_iter=2000))


def texts(path, tested):
    train, test = divided(path, tested)
    both = [([row["text"] for row in part], [row["intent"] for row in part]) for part in (train, test)]
    majority("intent", both[0][1], both[1][1])
    say("TF-IDF of words, pairs and letters, logistic regression", text_model(), *both)


def log_mel(path, bands=28, pieces=8):
    """Mean log-mel energies of eight equal pieces of what is not silent."""
    with wave.open(path) as file:
        rate = file.getframerate()
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    size, hop = rate // 32, rate // 64
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(sound, (0, size)), size)[::hop] * np.hanning(size)
    power = np.abs(np.fft.rfft(frames, 1024)) ** 2
    mel = np.linspace(0, 2595 * np.log10(1 + 8000 / 700), bands + 2)
    edges = 700 * (10 ** (mel / 2595) - 1) * 1024 / rate
    bins = np.arange(power.shape[1])
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    energy = np.log(power @ np.maximum(0, np.minimum(rising, falling)).T + 1e-6)
    loud = np.flatnonzero(energy.mean(1) > energy.mean(1).max() - 6)
    heard = energy[loud[0]: loud[-1] + 1]
    heard = heard - heard.mean()
    return np.concatenate([piece.mean(0) for piece in np.array_split(heard, pieces)])


def clips(tested):
    files = [(f"{word}/{name}", word) for word in sorted(os.listdir("words")) for name in sorted(os.listdir(f"words/{word}"))]
    parts = [[file for file in files if (file[0] in tested) == test] for test in (False, True)]
    both = [(np.array([log_mel(f"words/{name}") for name, _ in part]), [word for _, word in part]) for part in parts]
    majority("word", both[0][1], both[1][1])
    whole = [(x.reshape(len(x), 8, -1).mean(1), y) for x, y in both]
    regression = lambda: make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
    say("mean log-mel energies, logistic regression", regression(), *whole)
    say("log-mel energies of eight pieces, logistic regression", regression(), *both)


def number(cell):
    return float(cell) if cell else np.nan


def aggregates(parts, key, path):
    """Numbers for each row: its own, and the counts, means and last values of the payments before it."""
    history = {}
    for _, row in rows(path):
        history.setdefault(row[key], []).append(row)
    names = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    names.fit([[row["country"], row["entry"]] for row in parts[0]])
    built = []
    for part in parts:
        own = []
        for row in part:
            before = history.get(row[key], [])
            amounts = [float(pay["amount"]) for pay in before] or [np.nan]
            now = number(row["amount"])
            declined = [pay["status"] == "declined" for pay in before]
            known = row["country"] in [pay["country"] for pay in before]
            own.append([
                np.log(now), number(row["hour"]), len(before), np.log(np.median(amounts)), np.log(now / np.median(amounts)),
                sum(declined), sum(declined[-4:]), known,
            ])
        built.append(np.hstack([np.array(own, float), names.transform([[row["country"], row["entry"]] for row in part])]))
    return built


def risks(parts, key, path):
    x, y = aggregates(parts, key, path), [[row["risk"] for row in part] for part in parts]
    majority("risk", y[0], y[1])
    middle = np.nanmedian(x[0], axis=0)
    filled = [np.where(np.isnan(part), middle, part) for part in x]
    regression = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    say("aggregates chosen by hand, logistic regression", regression, (filled[0], y[0]), (filled[1], y[1]))
    boosting = HistGradientBoostingClassifier(max_iter=80, learning_rate=0.05, random_state=0)
    say("aggregates chosen by hand, gradient boosting", boosting, (x[0], y[0]), (x[1], y[1]))


def joined(tested):
    parts = divided("sessions.csv", tested)
    risks(parts, "session", "history.csv")
    y = [[row["intent"] for row in part] for part in parts]
    majority("intent", y[0], y[1])
    requests = [[row["request"] for row in part] for part in parts]
    say("requests alone, TF-IDF, logistic regression", text_model(), (requests[0], y[0]), (requests[1], y[1]))
    heard = [np.array([log_mel(row["clip"]) if row["clip"] else np.zeros(224) for row in part]) for part in parts]
    say("clips alone, logistic regression", make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000)), (heard[0], y[0]), (heard[1], y[1]))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[2], newline="", encoding="utf-8") as file:
        tested = {row["place"] for row in csv.DictReader(file)}
    {
        "intents": lambda: texts("intents.csv", tested),
        "requests": lambda: texts("requests.csv", tested),
        "words": lambda: clips(tested),
        "payments": lambda: risks(divided("purchases.csv", tested), "purchase", "payments.csv"),
        "sessions": lambda: joined(tested),
    }[sys.argv[1]]()
