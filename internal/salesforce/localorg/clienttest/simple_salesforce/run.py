"""Drives an unmodified simple-salesforce through what it is used for."""
import base64
import datetime
import os

import requests
from simple_salesforce import Salesforce, SalesforceLogin, exceptions

URL = os.environ["ORG_URL"]
HOST = "localorg.my.salesforce.com"


class Wire(requests.adapters.HTTPAdapter):
    """The library speaks https to My Domain hosts only: this is the DNS and the
    TLS that a local org does not have. The Host header stays My Domain's."""

    def send(self, request, **kwargs):
        request.headers["Host"] = HOST
        request.url = request.url.replace("https://" + HOST, URL, 1)
        return super().send(request, **kwargs)


session = requests.Session()
session.mount("https://" + HOST, Wire())


def refused(kind, call, code=None):
    try:
        call()
    except kind as e:
        assert code is None or e.content[0]["errorCode"] == code, e.content
        return e
    raise AssertionError(f"{kind.__name__} was not raised")


token, instance = SalesforceLogin(
    domain="localorg.my", consumer_key=os.environ["CLIENT_ID"], consumer_secret=os.environ["CLIENT_SECRET"], session=session)
assert instance == HOST, instance
sf = Salesforce(instance=instance, session_id=token, session=session, version="62.0")
refused(exceptions.SalesforceAuthenticationFailed, lambda: SalesforceLogin(
    domain="localorg.my", consumer_key=os.environ["CLIENT_ID"], consumer_secret="wrong", session=session))

# The JWT bearer flow, with the certificate's key.
jwt_token, _ = SalesforceLogin(
    username="integration@localorg.example", domain="login", instance_url="localorg.my", consumer_key=os.environ["CLIENT_ID"],
    privatekey=os.environ["CLIENT_KEY"], session=session)
assert jwt_token.startswith("00D") and jwt_token != token

# Rows.
made = sf.Campaign.create({"Name": "From simple-salesforce", "Status": "Planned", "StartDate": "2026-03-01"})
assert made["success"] is True and made["errors"] == [], made
assert made["id"].startswith("701") and len(made["id"]) == 18
row = sf.Campaign.get(made["id"])
assert row["Name"] == "From simple-salesforce" and row["StartDate"] == "2026-03-01"
assert row["attributes"]["url"].endswith("/sobjects/Campaign/" + made["id"])
assert datetime.datetime.strptime(row["CreatedDate"], "%Y-%m-%dT%H:%M:%S.%f%z").tzinfo
assert sf.Campaign.update(made["id"][:15], {"Status": "Completed"}) == 204
assert sf.Campaign.get(made["id"])["Status"] == "Completed"

# Describes.
fields = {f["name"]: f for f in sf.Campaign.describe()["fields"]}
assert fields["Name"]["length"] == 80 and fields["Name"]["nillable"] is False
assert [v["value"] for v in fields["Status"]["picklistValues"] if v["defaultValue"]] == ["Planned"]
assert any(o["name"] == "Campaign" for o in sf.describe()["sobjects"])

# Queries.
found = sf.query(f"SELECT Id, Owner.Username FROM Campaign WHERE Id = '{made['id']}'")
assert found["totalSize"] == 1 and found["records"][0]["Owner"]["Username"] == "integration@localorg.example"
assert sf.query("SELECT COUNT() FROM Campaign WHERE Status = 'Completed' AND CreatedDate = TODAY")["totalSize"] == 1
refused(exceptions.SalesforceMalformedRequest, lambda: sf.query("SELECT Id FROM Campaign WHERE"), "MALFORMED_QUERY")

# Collections.
results = sf.restful("composite/sobjects", method="POST", json={"allOrNone": False, "records": [
    {"attributes": {"type": "Campaign"}, "Name": f"Batch {i}"} for i in range(200)]})
assert len(results) == 200 and all(r["success"] for r in results)
one_bad = sf.restful("composite/sobjects", method="PATCH", json={"allOrNone": True, "records": [
    {"attributes": {"type": "Campaign"}, "id": results[0]["id"], "Status": "Aborted"},
    {"attributes": {"type": "Campaign"}, "id": results[1]["id"], "Nope": 1}]})
assert [r["success"] for r in one_bad] == [False, False]
assert one_bad[0]["errors"][0]["statusCode"] == "ALL_OR_NONE_OPERATION_ROLLED_BACK"
assert one_bad[1]["errors"][0]["statusCode"] == "INVALID_FIELD"
assert sf.Campaign.get(results[0]["id"])["Status"] == "Planned"
assert sum(1 for _ in sf.query_all_iter("SELECT Id FROM Campaign WHERE Name LIKE 'Batch %'")) == 200

# A composite call with a note.
done = sf.restful("composite", method="POST", json={"allOrNone": True, "compositeRequest": [
    {"method": "POST", "url": "/services/data/v62.0/sobjects/ContentNote", "referenceId": "note",
     "body": {"Title": "Result", "Content": base64.b64encode(b"<p>green wins</p>").decode()}},
    {"method": "POST", "url": "/services/data/v62.0/sobjects/ContentDocumentLink", "referenceId": "link",
     "body": {"ContentDocumentId": "@{note.id}", "LinkedEntityId": made["id"], "ShareType": "V"}}]})
assert [s["httpStatusCode"] for s in done["compositeResponse"]] == [201, 201], done
blob = sf.session.get(f"{sf.base_url}sobjects/ContentNote/{done['compositeResponse'][0]['body']['id']}/Content", headers=sf.headers)
assert blob.content == b"<p>green wins</p>"

# Errors.
refused(exceptions.SalesforceResourceNotFound, lambda: sf.Campaign.get("701xx000000zzzzAAA"), "NOT_FOUND")
refused(exceptions.SalesforceMalformedRequest, lambda: sf.Campaign.create({"Name": "x" * 81}), "STRING_TOO_LONG")
assert sf.Campaign.delete(made["id"]) == 204
refused(exceptions.SalesforceResourceNotFound, lambda: sf.Campaign.update(made["id"], {"Status": "Planned"}), "ENTITY_IS_DELETED")
gone = sf.Campaign.deleted(datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1),
                           datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1))
assert made["id"] in [r["id"] for r in gone["deletedRecords"]], gone

# Limits, in the body and in the header.
limits = sf.limits()
assert limits["DailyApiRequests"]["Remaining"] < limits["DailyApiRequests"]["Max"]
assert sf.api_usage["api-usage"].used > 0
sf.session.post("https://" + HOST + "/services/oauth2/revoke", data={"token": token}).raise_for_status()
refused(exceptions.SalesforceExpiredSession, lambda: sf.query("SELECT Id FROM Campaign"), "INVALID_SESSION_ID")
print("simple-salesforce: ok")
