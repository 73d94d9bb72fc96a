"""Says things to a node and keeps a ledger of what was answered; later compares it with an export.

`ledger.py run URL KEYFILE LEDGER SECONDS`, `ledger.py check LEDGER EXPORT`.
"""

import collections
import json
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid

PEOPLE = 12


def say(url, key, person, text, token):
    """Until it is answered: the same key stands for the same turn."""
    body = json.dumps({"user_id": person, "conversation_id": person, "input": text}).encode()
    headers = {"content-type": "application/json", "authorization": f"Bearer {key}", "idempotency-key": token}
    tries = 0
    while True:
        tries += 1
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=15) as answer:
                return json.load(answer), tries
        except urllib.error.HTTPError as error:
            if error.code not in (429, 500, 502, 503, 504):
                raise
            error.read()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        if tries > 300:
            raise SystemExit(f"no answer after {tries} tries")
        time.sleep(0.1)


def run(url, key_file, ledger, seconds):
    with open(key_file, encoding="utf-8") as file:
        key = file.read().strip()
    until, lock = time.time() + float(seconds), threading.Lock()
    with open(ledger, "a", encoding="utf-8") as out:

        def person(number):
            name, turn = f"p{number}-{uuid.uuid4().hex[:8]}", 0
            while time.time() < until:
                turn += 1
                text, begun = f"my knee hurts, note {name} {turn}", time.time()
                answer, tries = say(url, key, name, text, uuid.uuid4().hex)
                line = {
                    "text": text,
                    "durable": answer.get("durable"),
                    "degraded": answer.get("degraded"),
                    "tries": tries,
                    "at": begun,
                    "took": time.time() - begun,
                }
                with lock:
                    out.write(json.dumps(line) + "\n")
                    out.flush()
                time.sleep(0.05)

        threads = [threading.Thread(target=person, args=(number,)) for number in range(PEOPLE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def check(ledger, export):
    entries = lines(ledger)
    kinds = collections.Counter(entry["degraded"] or ("durable" if entry["durable"] else "?") for entry in entries)
    conversations = [record for record in lines(export) if record.get("kind") == "conversation"]
    kept = collections.Counter(turn["user_input"] for record in conversations for turn in record["turns"])
    acknowledged = {entry["text"] for entry in entries if entry["durable"] or entry["degraded"] == "journalled"}
    lost = acknowledged - set(kept)
    twice = [text for text, count in kept.items() if count > 1]
    slowest = max((entry["took"] for entry in entries), default=0)
    print(
        f"seen: {len(entries)} turns answered {dict(kinds)}, {len(kept)} kept, {len(lost)} lost, {len(twice)} twice, "
        f"the slowest after {slowest:.1f} s, {sum(entry['tries'] > 1 for entry in entries)} needed another try"
    )
    for text in sorted(lost)[:5] + twice[:5]:
        print(f"  {text}", file=sys.stderr)
    return 1 if lost or twice or not entries else 0


def count(ledger, kind):
    print(sum(entry["degraded"] == kind for entry in lines(ledger)))


if __name__ == "__main__":
    sys.exit({"run": run, "check": check, "count": count}[sys.argv[1]](*sys.argv[2:]))
