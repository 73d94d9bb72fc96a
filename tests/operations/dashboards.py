"""Dashboards without a Grafana: whether its own types take them whole, whether panels make sense, and whether every query gives something on a
Prometheus that has scraped the running program: `dashboards.py PROMETHEUS FILE…`. They were never rendered here."""

import json
import math
import re
import sys
import urllib.parse
import urllib.request

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import dashboard

VARIABLES = {"$__rate_interval": "1m", "$__interval": "15s", "$__range": "1h"}


def lost(given, kept, path=""):
    """What the types did not know, and so dropped."""
    if isinstance(given, dict):
        for key, value in given.items():
            if not isinstance(kept, dict) or key not in kept:
                yield f"{path}/{key} is nothing that Grafana knows"
            else:
                yield from lost(value, kept[key], f"{path}/{key}")
    elif isinstance(given, list):
        for index, value in enumerate(given):
            yield from lost(value, kept[index], f"{path}/{index}")


def overlap(one, other):
    a, b = one["gridPos"], other["gridPos"]
    return a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"] and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]


def shape(board):
    panels = board["panels"]
    for panel in panels:
        where = f"panel {panel['title'] or panel['id']}"
        if not panel["title"] or not panel["fieldConfig"]["defaults"].get("unit"):
            yield f"{where}: no title, or no unit"
        if panel["datasource"]["uid"] != "${datasource}":
            yield f"{where}: a data source that only one Grafana has"
        names = [target["refId"] for target in panel["targets"]]
        if "" in names or len(set(names)) != len(names):
            yield f"{where}: names of queries {names}"
        if panel["gridPos"]["x"] + panel["gridPos"]["w"] > 24:
            yield f"{where}: wider than the grid"
    for index, one in enumerate(panels):
        for other in panels[index + 1 :]:
            if one["id"] == other["id"] or overlap(one, other):
                yield f"panels {one['title']} and {other['title']} have one id, or lie on each other"


def answers(prometheus, board):
    for panel in board["panels"]:
        for target in panel["targets"]:
            query = target["expr"]
            for variable, value in VARIABLES.items():
                query = query.replace(variable, value)
            if re.search(r"\$\w", query):
                yield f"{panel['title']}: a variable that is not known: {query}"
            url = f"{prometheus}/api/v1/query?" + urllib.parse.urlencode({"query": query})
            with urllib.request.urlopen(url, timeout=10) as answer:
                result = json.load(answer)["data"]["result"]
            if not any(not math.isnan(float(series["value"][1])) for series in result):
                yield f"{panel['title']}: {query} gives nothing"


def main(prometheus, files):
    register_default_plugins()
    found, uids = [], set()
    for file in files:
        with open(file, encoding="utf-8") as text:
            board = json.load(text)
        kept = json.loads(JSONEncoder().encode(dashboard.Dashboard.from_json(board)))
        problems = [*lost(board, kept), *shape(board), *answers(prometheus, board)]
        if board["uid"] in uids:
            problems.append(f"the uid {board['uid']} twice")
        uids.add(board["uid"])
        found += [f"{file}: {problem}" for problem in problems]
    print("\n".join(found) if found else f"{len(files)} dashboards hold")
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
