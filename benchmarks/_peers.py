"""Other people's engines on the same files, at the settings their guides show. Runs in an environment of its own.

Started by `./hub bench match` as `python _peers.py ENGINE FOLDER …`: reads hub.csv and mis.csv of each folder, writes
predictions-ENGINE-THRESHOLD.csv beside them and prints one JSON line with the seconds taken, imports not counted.
Both get names, birthday, UPN, e-mail, postcode and sex; one-to-one, best first, is added, for neither has it.
"""

import csv
import json
import logging
import sys
import time
import warnings
from pathlib import Path

THRESHOLDS = (0.99, 0.999)
OFFERED_FROM = 0.02
CANDIDATES = 4
FIELDS = ("forename", "surname", "dob", "upn", "email", "postcode", "gender")


def tables(folder, role):
    """Both sides of one role as pandas tables of tidy text; missing is missing."""
    import pandas as pd

    found = []
    for name, key in (("hub.csv", "hub_id"), ("mis.csv", "mis_id")):
        table = pd.read_csv(folder / name, dtype=str, keep_default_na=False)
        table = table[table["role"] == role].rename(columns={key: "unique_id"})
        for field in FIELDS:
            table[field] = table[field].str.strip().str.lower()
            table[field] = table[field].where(table[field] != "", None)
        found.append(table[["unique_id", *FIELDS]].reset_index(drop=True))
    return found


def splink(folder, role):
    """Pairs with their probability, trained on the school itself, as Splink's tutorial does."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    hub, mis = tables(folder, role)
    columns = [cl.NameComparison("forename"), cl.NameComparison("surname")]
    columns += [cl.ExactMatch("email").configure(term_frequency_adjustments=True), cl.ExactMatch("gender")]
    if role == "pupil":
        columns += [
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.ExactMatch("upn"),
            cl.PostcodeComparison("postcode"),
        ]
    rules = [
        block_on("forename", "surname"),
        block_on("email"),
        block_on("surname", "substr(forename, 1, 1)"),
    ]
    if role == "pupil":
        rules += [block_on("dob"), block_on("upn"), block_on("surname", "substr(dob, 1, 4)")]
    settings = SettingsCreator(
        link_type="link_only", comparisons=columns, blocking_rules_to_generate_predictions=rules
    )
    database = DuckDBAPI()
    linker = Linker(
        [
            database.register(hub, dataset_display_name="hub"),
            database.register(mis, dataset_display_name="mis"),
        ],
        settings,
        log_level=logging.ERROR,
    )
    linker.training.estimate_probability_two_random_records_match(
        [block_on("forename", "surname", "dob") if role == "pupil" else block_on("forename", "surname")],
        recall=0.7,
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("forename", "surname"))
    linker.training.estimate_parameters_using_expectation_maximisation(
        block_on("dob" if role == "pupil" else "surname")
    )
    found = linker.inference.predict(threshold_match_probability=OFFERED_FROM).as_pandas_dataframe()
    return list(zip(found["unique_id_l"], found["unique_id_r"], found["match_probability"], strict=True))


def recordlinkage(folder, role):
    """Pairs with their probability, by the toolkit's own expectation-conditional maximisation."""
    import pandas as pd
    import recordlinkage as rl

    hub, mis = (table.set_index("unique_id") for table in tables(folder, role))
    for table in (hub, mis):
        table["first"] = table["forename"].str[:1]
    index = rl.Index()
    index.block("surname")
    index.block(["forename", "first"])
    if role == "pupil":
        index.block("dob")
        index.block("upn")
    pairs = index.index(hub, mis)
    compare = rl.Compare()
    for field in ("forename", "surname"):
        compare.string(field, field, method="jarowinkler", threshold=0.88, label=field)
    for field in ("dob", "upn", "email", "postcode", "gender"):
        compare.exact(field, field, label=field)
    vectors = compare.compute(pairs, hub, mis).fillna(0).astype(int)
    vectors = vectors.loc[:, vectors.nunique() > 1]
    model = rl.ECMClassifier()
    model.fit(vectors)
    likely = pd.Series(model.prob(vectors), index=vectors.index)
    likely = likely[likely >= OFFERED_FROM]
    return [(hub_id, mis_id, value) for (hub_id, mis_id), value in likely.items()]


def predictions(pairs, threshold):
    """Matched: best first, one-to-one, from the threshold on. The rest of what is likely enough: May match."""
    rows, taken, offered = [], set(), {}
    for hub_id, mis_id, likely in sorted(pairs, key=lambda pair: (-pair[2], pair[0], pair[1])):
        if likely >= threshold and ("h", hub_id) not in taken and ("m", mis_id) not in taken:
            taken |= {("h", hub_id), ("m", mis_id)}
            rows.append((hub_id, mis_id, "Matched", likely))
    for hub_id, mis_id, likely in sorted(pairs, key=lambda pair: (-pair[2], pair[0], pair[1])):
        if ("h", hub_id) not in taken and offered.get(hub_id, 0) < CANDIDATES:
            offered[hub_id] = offered.get(hub_id, 0) + 1
            rows.append((hub_id, mis_id, "May match", likely))
    return rows


def main(engine, folders):
    """Run one engine over the folders."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    link = {"splink": splink, "recordlinkage": recordlinkage}[engine]
    __import__(engine)
    __import__("pandas")
    for folder in map(Path, folders):
        started = time.perf_counter()
        with (folder / "hub.csv").open(newline="", encoding="utf-8") as file:
            roles = sorted({row["role"] for row in csv.DictReader(file)})
        found, troubles = [], []
        for role in roles:
            try:
                found += link(folder, role)
            except Exception as trouble:  # a peer that fails on a school is reported, and the run goes on
                troubles.append(f"{role}: {type(trouble).__name__}: {trouble}"[:200])
        seconds = time.perf_counter() - started
        for threshold in THRESHOLDS:
            with (folder / f"predictions-{engine}-{threshold}.csv").open(
                "w", newline="", encoding="utf-8"
            ) as file:
                writer = csv.writer(file)
                writer.writerow(("hub_id", "mis_id", "status", "score"))
                writer.writerows(predictions(found, threshold))
        print(json.dumps({"folder": str(folder), "seconds": seconds, "troubles": troubles}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
