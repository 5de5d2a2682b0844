#!/usr/bin/env python3
"""report.py FOLDER PEAK MIB_BEFORE MIB_AFTER: what overload.sh found, and whether it suffices."""

import json
import sys

folder, peak, before, after = sys.argv[1], float(sys.argv[2]), sys.argv[3], sys.argv[4]


def found(phase):
    with open(f"{folder}/{phase}.json", encoding="utf-8") as file:
        return json.load(file)


def ms(trend):
    return "none" if not trend else f"p50 {trend['med']:.1f} ms, p99 {trend['p(99)']:.1f} ms"


capacity, overload, later = found("capacity"), found("overload"), found("after")
asked = overload["sold"] + overload["refused"] + overload["wrong"]
goodput = overload["sold"] / overload["seconds"]
print(f"capacity   {peak:.0f} orders/s, {ms(capacity['sold_ms'])}")
print(f"overload   {overload['rate']}/s for {overload['seconds']} s wanted, {asked / overload['seconds']:.0f}/s asked")
print(f"  sold     {goodput:.0f} orders/s ({100 * goodput / peak:.0f} % of the peak), {ms(overload['sold_ms'])}")
print(f"  refused  {overload['refused']}, {ms(overload['refused_ms'])}, {overload['without_retry_after']} without Retry-After")
print(f"  wrong    {overload['wrong']}")
print(f"after      {later['rate']}/s: {later['sold']} sold, {later['refused']} refused, {ms(later['sold_ms'])}")
print(f"memory     {before} MiB before, {after} MiB after")

short = []
if goodput < 0.9 * peak:
    short.append("goodput is below 90 % of the peak")
if overload["refused_ms"].get("med", 0) > 5:
    short.append("half of the refusals take longer than 5 ms")
if overload["without_retry_after"] or overload["wrong"]:
    short.append("there are other answers than 201, and 429 or 503 with Retry-After")
if later["refused"] or later["wrong"]:
    short.append("the shop is not as before right after it")
for reason in short:
    print(f"falls short: {reason}")
sys.exit(1 if short else 0)
