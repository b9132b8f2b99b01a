"""Gives generated requests what no schema can say, and checks what no schema can say.

The functions below before_call each mend one thing in a request, and only where the
value already fits its schema: what was made to be wrong stays wrong. The checks at the
end are ours; Schemathesis's own are all on, too. docs/decisions/0013 lists both.
"""

import collections
import datetime
import itertools
import json
import os
import re
import time

import requests
import schemathesis

API = os.environ["API_URL"] + "/api/v1"
ORG = os.environ["ORG_URL"]
ADMIN = {"Authorization": "Bearer " + os.environ["TOKEN"]}
VIEWER = {"Authorization": "Bearer " + os.environ["VIEWER_TOKEN"]}
CLIENT = {"client_id": "local-client", "client_secret": "local-secret"}

# What is there on the stack, for the ids of the document's examples.
INTEGRATION, DELIVERY = os.environ["INTEGRATION_ID"], os.environ["DELIVERY_ID"]
EXAMPLES = {
    "0195562f-3b80-7cc1-a3f5-5d3c2d4b1a90": INTEGRATION,
    "3f1c2d4b-5e6f-8a90-b1c2-d3e4f5a6b7c8": DELIVERY,
}

RUN = time.time_ns()  # the same stack may be tried again

ORIGIN = re.compile(r"https?://[!-.0->@-\[\]-~]+/?")
CAMPAIGN = re.compile(r"701[0-9A-Za-z]{12}([0-9A-Za-z]{3})?")
KEY = re.compile(r'[!#-+\--:<-\[\]-~]{1,255}|"([ !#-\[\]-~]|\\["\\]){1,255}"')
CURSOR = re.compile(r"[A-Za-z0-9_.-]{1,2048}")
TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NAME = re.compile(r"[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]{0,78}[^\s\x00-\x1f\x7f-\x9f])?")
CHECKSUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

session = requests.Session()
turns = collections.Counter()


@schemathesis.hook
def before_call(context, case, kwargs):
    csv(case)
    known_org(case.body)
    one_name(case.body)
    idempotency_key(case.headers)
    campaigns(case.path_parameters)
    for part in (case.query, case.body):
        examples(part)
        campaigns(part)
        time_range(part)
    if is_right(case):
        there(case)
        entity_tag(case)
        cursor(case)


def is_right(case):
    """Whether the request is made as the document says. Methods that it does not know are tried, too."""
    return case.method.upper() == case.operation.method.upper() and case.meta is not None and case.meta.generation.mode.is_positive


def in_a_row(case):
    """Rows of requests begin anew unless the same always comes of the same: nothing is done to them by turns."""
    return case.meta.phase.name.value == "stateful"


def turn(of, what):
    turns[what] += 1
    return turns[what] % of


def api(method, path, body=None):
    return session.request(method, API + path, json=body, headers=ADMIN, timeout=30)


def known_org(body):
    """Only hosts that the operator lists, or Salesforce's own, are let have secrets: it is the local org.

    Its credentials stand in for the contract's, so that a connection test finds something.
    """
    config = body.get("config") if isinstance(body, dict) else None
    if not isinstance(config, dict):
        return
    if isinstance(config.get("instance_url"), str) and ORIGIN.fullmatch(config["instance_url"]):
        config["instance_url"] = ORG
    if config.get("client_id") == "3MVG9...":
        config.update({name: value for name, value in CLIENT.items() if name in config})


def one_name(body):
    """A link takes an id or a name; at the edges, both are made as if that were right."""
    if isinstance(body, dict) and fits(body, "campaign_id", CAMPAIGN) and fits(body, "campaign_name", NAME):
        del body["campaign_name"]


def fits(part, name, pattern):
    return isinstance(part, dict) and isinstance(part.get(name), str) and pattern.fullmatch(part[name]) is not None


def campaigns(part):
    """The last three of 18 characters say which of the others are capitals.

    https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/field_types.htm
    """
    for name, value in items(part):
        if name == "campaign_name" and isinstance(value, str) and NAME.fullmatch(value):
            part[name] = "Q1 Checkout Optimization"  # of all names, the one that the local org has
        elif name != "campaign_id":
            campaigns(value)
        elif isinstance(value, str) and CAMPAIGN.fullmatch(value) and len(value) == 18:
            bits = [sum(1 << i for i, c in enumerate(value[at : at + 5]) if c.isascii() and c.isupper()) for at in (0, 5, 10)]
            part[name] = value[:15] + "".join(CHECKSUM[b] for b in bits)


def items(part):
    if isinstance(part, dict):
        return list(part.items())
    return list(enumerate(part)) if isinstance(part, list) else []


def idempotency_key(headers, used=itertools.count()):
    """A key is for one request."""
    for name in list(headers or {}):
        if name.lower() == "idempotency-key" and KEY.fullmatch(headers[name].strip(" \t")):
            headers[name] = f"{RUN}-{next(used)}"


def csv(case):
    """A schema of CSV says no more than that it is text."""
    if case.media_type == "text/csv" and is_right(case):
        case.body = "experiment_key,campaign_id\ncheckout-button-color,701xx000000001AAAQ\n"


def time_range(part):
    """A range ends after it begins."""
    if not (fits(part, "from", TIME) and fits(part, "to", TIME)):
        return
    begin, end = moment(part["from"]), moment(part["to"])
    if begin is None or end is None or begin == end:
        del part["from"]
    elif end < begin:
        part["from"], part["to"] = part["to"], part["from"]


def moment(text):
    date, clock, fraction, zone = TIME.fullmatch(text).groups()
    try:
        return datetime.datetime.fromisoformat(f"{date}T{clock}{'+00:00' if zone in 'Zz' else zone}"), float(fraction or 0)
    except ValueError:  # no time of Python's
        return None


def examples(part):
    """The ids of examples stand for what is there."""
    if fits(part, "integration_id", UUID):
        part["integration_id"] = EXAMPLES.get(part["integration_id"], part["integration_id"])


def there(case):
    """So they do in the address, and every second id there that is none. What a request may spoil is made for it."""
    asked = case.path_parameters.get("id")
    if not isinstance(asked, str) or UUID.fullmatch(asked) and asked not in (*EXAMPLES, INTEGRATION):
        return
    if not UUID.fullmatch(asked) and (in_a_row(case) or turn(2, case.operation.label)):
        return
    what = DELIVERY if "/deliveries/" in case.path else INTEGRATION
    label = case.operation.label
    if label.startswith(("PUT ", "DELETE ")):
        what = spare()
        if "campaign_id" in case.path_parameters:
            api("POST", f"/integrations/{what}/links", {"experiment_key": "another", "campaign_id": case.path_parameters["campaign_id"]})
    case.path_parameters["id"] = what


def spare():
    made = api("POST", "/integrations", {"name": "Spare", "integration_type": "SALESFORCE", "config": {"instance_url": ORG, **CLIENT}})
    return made.json()["id"]


def entity_tag(case):
    """The ETags of examples stand for the one that it has."""
    for name in list(case.headers or {}):
        if name.lower() in ("if-match", "if-none-match") and case.headers[name] == '"3"' and fits(case.path_parameters, "id", UUID):
            case.headers[name] = api("GET", f"/integrations/{case.path_parameters['id']}").headers.get("ETag", '"3"')


# By address, the last question of which an answer left something over, and its cursor to that.
given = {}
# What was done to the cursors of right requests, by case: RIGHT, MADE_UP or ANOTHER.
cursors = {}
paged = set()  # the operations that take one
RIGHT, MADE_UP, ANOTHER = ("right", "made up", "of another question")


@schemathesis.hook
def after_call(context, case, response):
    """Keeps the cursors that answers give."""
    if not is_right(case) or case.path_parameters.get("id", INTEGRATION) != INTEGRATION:
        return
    answer = answered(response)
    next_cursor = response.headers.get("x-next-cursor", [None])[0] or answer.get("next_cursor")
    if next_cursor:
        body = dict(case.body) if isinstance(case.body, dict) else case.body
        given[address(case)] = dict(case.path_parameters), dict(case.query), body, next_cursor


def answered(response):
    if not re.search(r"[/+]json\b", response.headers.get("content-type", [""])[0]):
        return {}
    answer = json.loads(response.content)
    return answer if isinstance(answer, dict) else {}


def address(case):
    return case.path.removesuffix("/export")  # the log is one list, in parts of two lengths


def cursor(case):
    """A cursor goes on where an answer to the same question ended.

    By turns it becomes such a one, stays as it was made up, becomes one of another question; and is left out in between,
    as it says what becomes of the rest of the request.
    """
    part = next((part for part in (case.query, case.body) if fits(part, "cursor", CURSOR)), None)
    if part is None:
        return
    if in_a_row(case):
        del part["cursor"]
        return
    paged.add(case.operation.label)
    if address(case) not in given:
        part.clear()
        part["limit"] = 1  # so that there will be one
        return
    kind = cursors[case.id] = (None, RIGHT, None, MADE_UP, None, ANOTHER)[turn(6, f"cursor {case.operation.label}")]
    if kind is None:
        del part["cursor"]
    if kind in (None, MADE_UP):
        return
    in_body, limit = part is case.body, {name: part[name] for name in ("limit",) if name in part}
    path, query, body, next_cursor = given[address(case)]
    case.path_parameters, case.query, case.body = dict(path), dict(query), dict(body) if isinstance(body, dict) else body
    part = case.body if in_body else case.query
    part.pop("limit", None)
    part.update(limit, cursor=next_cursor)
    if kind == ANOTHER and case.path.endswith(("/integrations", "/preview")):
        part["cursor"] = next((last[-1] for where, last in given.items() if where.endswith("/links")), "none")
    elif kind == ANOTHER:
        part["experiment_key"] = "another"


def refuses_cursor(response):
    return response.status_code == 422 and [e["location"].split(".")[-1] for e in answered(response)["errors"]] == ["cursor"]


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """No schema tells a cursor that was given from one that looks like it. The check below does."""
    return not (cursors.get(case.id) in (MADE_UP, ANOTHER) and type(failure).__name__ == "RejectedPositiveData" and refuses_cursor(response))


@schemathesis.check
def cursor_goes_with_its_question(ctx, response, case):
    kind = cursors.get(case.id)
    if kind == RIGHT:
        assert response.status_code < 300, f"a cursor was given, and refused: {response.status_code}"
    elif kind is not None:
        assert response.status_code == 404 or refuses_cursor(response), f"a cursor that is {kind} is not refused: {response.status_code}"


@schemathesis.check
def roles(ctx, response, case):
    """A viewer gets what the document gives to viewers, answered as to an administrator, and 403 for all else.

    The edges of the schemas are left out: they are many requests of the same kind.
    """
    if not is_right(case) or case.meta.phase.name.value == "coverage":
        return
    again = response.request.copy()
    again.headers["Authorization"] = VIEWER["Authorization"]
    status = session.send(again, timeout=30).status_code
    allowed = any("viewer" in need.get("bearer", []) for need in case.operation.definition.raw["security"])
    want = response.status_code if allowed else 403
    assert status == want, f"a viewer is answered {status}, and not {want}"


@schemathesis.check
class Reached:
    """Every operation accepts something; so does every list, from a cursor on."""

    def __init__(self):
        self.tried, self.accepted = set(), set()

    def after_response(self, ctx, response, case):
        self.tried.add((case.operation.label, None))
        if is_right(case) and response.status_code < 300:
            self.accepted |= {(case.operation.label, None), (case.operation.label, cursors.get(case.id))}

    def after_run(self, ctx):
        never = (self.tried | {(label, RIGHT) for label in paged}) - self.accepted
        assert not never, f"nothing was accepted by {sorted(map(str, never))}"
