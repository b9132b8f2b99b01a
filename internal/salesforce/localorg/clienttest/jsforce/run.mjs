// Drives an unmodified jsforce through what it is used for. Exits 1 at the first
// thing that is not as Salesforce has it.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const require = createRequire(process.env.CLIENT_DIR + '/package.json');
const { Connection } = require('jsforce');
const url = process.env.ORG_URL;

const conn = new Connection({
  loginUrl: url,
  version: '60.0',
  oauth2: { loginUrl: url, clientId: process.env.CLIENT_ID, clientSecret: process.env.CLIENT_SECRET },
});
const user = await conn.authorize({ grant_type: 'client_credentials' });
assert.match(user.organizationId, /^00D[A-Za-z0-9]{15}$/);
assert.equal(conn.instanceUrl, url);
assert.equal((await conn.identity()).organization_id, user.organizationId);

// Rows.
const campaigns = conn.sobject('Campaign');
const made = await campaigns.create({ Name: 'From jsforce', Status: 'Planned', StartDate: '2026-03-01', BudgetedCost: 1200 });
assert.equal(made.success, true);
assert.match(made.id, /^701[A-Za-z0-9]{15}$/);
const read = await campaigns.retrieve(made.id);
assert.equal(read.attributes.type, 'Campaign');
assert.equal(read.Name, 'From jsforce');
assert.equal(read.BudgetedCost, 1200);
assert.match(read.LastModifiedDate, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+0000$/);
assert.equal((await campaigns.update({ Id: made.id, Status: 'In Progress' })).success, true);

// Describes.
const described = await campaigns.describe();
const status = described.fields.find((f) => f.name === 'Status');
assert.deepEqual(status.picklistValues.map((v) => v.value), ['Planned', 'In Progress', 'Completed', 'Aborted', 'Paused']);
assert.equal(status.picklistValues[0].defaultValue, true);
assert.ok((await conn.describeGlobal()).sobjects.some((o) => o.name === 'Campaign' && o.keyPrefix === '701'));

// Queries.
const found = await conn.query(`SELECT Id, Name, Owner.Name FROM Campaign WHERE Status = 'In Progress' AND Name LIKE 'From%' ORDER BY Name LIMIT 5`);
assert.equal(found.totalSize, 1);
assert.equal(found.done, true);
assert.equal(found.records[0].Id, made.id);
assert.equal(found.records[0].Owner.Name, 'Integration User');
assert.equal((await campaigns.find({ Id: made.id }, ['Id', 'Status']))[0].Status, 'In Progress');
assert.equal(await campaigns.count({ Name: 'From jsforce' }), 1);
await assert.rejects(conn.query('SELECT Nope FROM Campaign'), (e) => e.errorCode === 'INVALID_FIELD' && /ERROR at Row:1:Column:8/.test(e.message));

// Collections: many at once, and what goes wrong with one of them.
const many = await campaigns.create([{ Name: 'A' }, { Name: '' }, { Name: 'C' }], { allOrNone: false });
assert.deepEqual(many.map((r) => r.success), [true, false, true]);
assert.equal(many[1].errors[0].statusCode, 'REQUIRED_FIELD_MISSING');
assert.deepEqual(many[1].errors[0].fields, ['Name']);
const good = [many[0].id, many[2].id];
assert.ok((await campaigns.update(good.map((Id) => ({ Id, Status: 'Completed' })))).every((r) => r.success));
assert.deepEqual((await campaigns.retrieve(good)).map((r) => r.Status), ['Completed', 'Completed']);

// More rows than fit on a page.
await campaigns.create(Array.from({ length: 450 }, (_, i) => ({ Name: `Page ${i}` })), { allowRecursive: true });
const all = await conn.query(`SELECT Id FROM Campaign WHERE Name LIKE 'Page %'`, { autoFetch: true, maxFetch: 1000, headers: { 'Sforce-Query-Options': 'batchSize=200' } });
assert.equal(all.records.length, 450);

// A note on a campaign, and the refusal of a classic one.
const note = await conn.sobject('ContentNote').create({ Title: 'Result', Content: Buffer.from('<p>green wins</p>').toString('base64') });
const link = await conn.sobject('ContentDocumentLink').create({ ContentDocumentId: note.id, LinkedEntityId: made.id, ShareType: 'V' });
assert.equal(link.success, true);
const notes = await conn.query(`SELECT ContentDocument.Title FROM ContentDocumentLink WHERE LinkedEntityId = '${made.id}'`);
assert.equal(notes.records[0].ContentDocument.Title, 'Result');
await assert.rejects(conn.sobject('Note').create({ Title: 'x', ParentId: made.id }), (e) => e.errorCode === 'FIELD_INTEGRITY_EXCEPTION');

// Errors of rows, and a session that is renewed by nobody.
await assert.rejects(campaigns.update({ Id: made.id, Name: 'x'.repeat(81) }), (e) => e.errorCode === 'STRING_TOO_LONG');
assert.ok((await campaigns.destroy([made.id, ...good])).every((r) => r.success));
await assert.rejects(campaigns.retrieve(made.id), (e) => e.errorCode === 'ENTITY_IS_DELETED');

// Limits, and the count that comes with every answer.
const limits = await conn.request('/limits');
assert.ok(limits.DailyApiRequests.Remaining < limits.DailyApiRequests.Max);
assert.ok(conn.limitInfo.apiUsage.used > 0);
await conn.oauth2.revokeToken(conn.accessToken);
await assert.rejects(conn.query('SELECT Id FROM Campaign'), /Unable to refresh session/);
console.log('jsforce: ok');
