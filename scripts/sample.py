#!/usr/bin/env python3
"""Cuts sample/ out of the shop's data and computes, independently of Daybook, the figures that must come out.

    scripts/sample.py [FOLDER_WITH_THE_DATA]      (default: ../shared/data beside this checkout)

The sample is the first 1,000 baskets in the order of the file, dirty lines included, and the catalogue rows of the
products that they name. Money is read with Decimal and is never a float. The same input gives the same bytes.
"""

import csv
import gzip
import io
import json
import sys
import uuid
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

BASKETS = 1000
ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "sample"
# The importer derives ids from the data in these namespaces; see daybook/src/import/complete_journey/ids.rs.
ORDER_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:daybook:complete-journey:basket")


def read(path):
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        return reader.fieldnames, list(reader)


def write(path, columns, rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write(text.getvalue().encode())


def cents(text):
    value = Decimal(text) * 100
    assert value == value.to_integral_value(), text
    return int(value)


class Figures:
    """What `GET /v1/sales` reports for one key."""

    def __init__(self):
        self.baskets = set()
        self.lines = self.units = self.net = self.discount = self.coupons = 0

    def add(self, row):
        self.baskets.add(row["basket_id"])
        self.lines += 1
        self.units += int(row["quantity"])
        self.net += cents(row["sales_value"])
        self.discount += cents(row["retail_disc"]) + cents(row["coupon_match_disc"])
        self.coupons += cents(row["coupon_disc"])

    def json(self):
        return {
            "orders": len(self.baskets),
            "lines": self.lines,
            "units": self.units,
            "gross": self.net + self.discount,
            "discount": self.discount,
            "net": self.net,
            "coupons": self.coupons,
        }


def main():
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data"
    product_columns, products = read(data / "products.csv.gz")
    line_columns, lines = read(data / "transactions-2017-01.csv.gz")

    baskets = list(dict.fromkeys(row["basket_id"] for row in lines))[:BASKETS]
    chosen = set(baskets)
    lines = [row for row in lines if row["basket_id"] in chosen]
    named = {row["product_id"] for row in lines}
    products = [row for row in products if row["product_id"] in named]
    catalogue = {row["product_id"]: row for row in products}

    good = [row for row in lines if int(row["quantity"]) > 0 and row["product_id"] in catalogue]
    total = Figures()
    by = {"department": defaultdict(Figures), "day": defaultdict(Figures), "channel": defaultdict(Figures)}
    for row in good:
        total.add(row)
        by["department"][catalogue[row["product_id"]]["department"]].add(row)
        by["day"][row["transaction_timestamp"][:10]].add(row)
        by["channel"]["store-" + row["store_id"]].add(row)

    expected = {
        "baskets": len(baskets),
        "products": len(products),
        "rejected_lines": len(lines) - len(good),
        "skus": len({row["product_id"] for row in good}),
        "customers": len({row["household_id"] for row in good}),
        "channels": len(by["channel"]),
        **total.json(),
        "first_order": str(uuid.uuid5(ORDER_NAMESPACE, good[0]["basket_id"])),
    }
    for name, groups in by.items():
        expected["by_" + name] = {key: groups[key].json() for key in sorted(groups)}

    OUT.mkdir(exist_ok=True)
    write(OUT / "products.csv.gz", product_columns, products)
    write(OUT / "transactions.csv.gz", line_columns, lines)
    (OUT / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({key: value for key, value in expected.items() if not isinstance(value, dict)}))


if __name__ == "__main__":
    main()
