#!/usr/bin/env python3
"""A second verifier of the ledger, written from docs/ledger.md alone: `ledger_verifier.py FILE`."""
import hashlib
import sys

REVIEW, ORDER, STOPPED, OVER, ENROLLED = "review", "order", "stopped", "over", "enrolled"


def fail(number, why):
    sys.exit(f"entry {number}: {why}")


def main(path):
    before, number = "0" * 64, 0
    apps, groups, queues = {}, {}, {}
    for line in open(path, "rb"):
        number += 1
        if not line.endswith(b"\n"):
            fail(number, "no end of line")
        count, digest, body = line[:-1].decode("ascii").split("\t", 2)
        if count != str(number):
            fail(number, "number")
        if hashlib.sha256(f"{before}\t{number}\t{body}".encode()).hexdigest() != digest:
            fail(number, "hash")
        before = digest
        _, kind, subject, *more = body.split("\t")
        group = None
        if kind == "round":
            continue
        if kind in ("group", "present", "group_closed"):
            group = subject
            if kind == "group":
                groups.setdefault(group, [0, 0, 0])[0] = int(more[5])
            elif kind == "present":
                groups[group][1] += int(more[0])
            elif groups.pop(group)[2]:
                fail(number, "closed while held")
        elif kind == "submitted":
            if subject in apps:
                fail(number, "twice")
            apps[subject] = {"queue": more[0], "turn": (more[1], more[2]), "at": REVIEW}
            queues.setdefault(more[0], set())
        else:
            app = apps.get(subject) or fail(number, "unknown application")
            at = app["at"]
            voucher = at if isinstance(at, dict) else None
            if kind == "entered" and at == (STOPPED if more[0] == "returned" else REVIEW):
                app["at"] = ORDER
            elif kind == "issued" and at == ORDER:
                app["at"] = {"confirmed": False, "extended": False, "group": None}
            elif kind == "confirmed" and voucher and not voucher["confirmed"]:
                voucher["confirmed"] = True
            elif kind == "extended" and voucher and voucher["confirmed"] and not voucher["extended"]:
                voucher["extended"] = True
            elif kind == "term" and voucher:
                pass
            elif kind == "chosen" and voucher and voucher["confirmed"] and not voucher["group"]:
                group = voucher["group"] = more[0]
                groups[group][2] += 1
            elif kind in ("given_back", "enrolled") and voucher and voucher["group"] == more[0]:
                group, voucher["group"] = more[0], None
                groups[group][2] -= 1
                if kind == "enrolled":
                    groups[group][1] += 1
                    app["at"] = ENROLLED
            elif kind == "ended" and voucher:
                group = voucher["group"]
                if group:
                    groups[group][2] -= 1
                app["at"] = STOPPED if more[0] == "lapsed" else OVER
            elif kind == "closed" and at in (REVIEW, ORDER, STOPPED):
                app["at"] = OVER
            elif kind == "restored" and at in (ORDER, STOPPED, OVER):
                group = None if more[2] == "-" else more[2]
                app["at"] = {"confirmed": more[0] == "confirmed", "extended": False, "group": group}
                if group:
                    groups[group][2] += 1
            elif kind == "relisted" and at == OVER:
                app["at"] = STOPPED
            else:
                fail(number, f"{kind} cannot happen here")
            turn = (*app["turn"], subject)
            (queues[app["queue"]].add if app["at"] == ORDER else queues[app["queue"]].discard)(turn)
        if group in groups:
            capacity, enrolled, held = groups[group]
            if held < 0 or enrolled < 0 or enrolled + held > capacity:
                fail(number, "places")
    print("entries", number)
    print("root", before)
    for queue, turns in sorted(queues.items()):
        order = "".join(f"{handle}\n" for _, _, handle in sorted(turns))
        print("queue", queue, "waiting", len(turns), "order", hashlib.sha256(order.encode()).hexdigest())
    print("vouchers", sum(isinstance(app["at"], dict) for app in apps.values()))
    places = [sum(counts) for counts in zip(*groups.values())] or [0, 0, 0]
    print("groups", len(groups), "places", places[0], "enrolled", places[1], "held", places[2])


main(sys.argv[1])
