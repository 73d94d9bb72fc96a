//! Whole stores into and out of PostgreSQL. A batch is written with one statement a table.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_postgres::{Row, Transaction as Database};

use super::commit::slots_json;
use super::people::{PERSONS, erase_again};
use super::{PostgresStore, failed, get, in_time, natural};
use crate::clock::Millis;
use crate::ids::person_pseudonym;
use crate::store::transfer::{another_administrator, another_data_key, another_owner, is_transferred};
use crate::store::{
    Activation, AdministratorRow, AgentRow, ApiKeyRow, AuditRow, ConsentRow, ConversationDump, DataKeyRow, ErasureRow,
    Event, GameRecord, GameVersionRecord, GameVersionRow, HoldRow, Imported, MAX_PAGE, Page, Record, Result, Section,
    StoreError, Transfer, WebhookRow,
};

#[async_trait]
impl Transfer for PostgresStore {
    async fn page(&self, section: Section, after: &str, limit: u32) -> Result<Page> {
        let limit = limit.clamp(1, MAX_PAGE);
        let rows = self.query(select(section), &[&after, &i64::from(limit)]).await?;
        let next = match rows.last() {
            Some(last) if rows.len() == limit as usize => Some(get(last, 0)?),
            _ => None,
        };
        let records = match section {
            Section::Conversations => {
                let ids = rows.iter().map(|row| get(row, 0)).collect::<Result<Vec<&str>>>()?;
                let dumps = self.dumps("", &ids).await?;
                dumps.into_iter().map(|dump| Record::Conversation(Box::new(dump))).collect()
            }
            other => rows.iter().map(|row| record(other, row)).collect::<Result<_>>()?,
        };
        Ok(Page { records, next })
    }

    async fn replace_conversation(&self, dump: ConversationDump) -> Result<bool> {
        let mut client = self.pools.primary().await?;
        let work = async {
            let transaction = client.transaction().await.map_err(|error| failed(&error))?;
            let row = &dump.conversation;
            let sql = "SELECT state_name FROM conversations
                WHERE tenant = $1 AND id = $2 AND user_id = $3 AND version = $4 FOR UPDATE";
            let version = super::column(row.version);
            let names: super::Params<'_> = &[&row.tenant, &row.id.as_str(), &row.user_id, &version];
            let Some(there) = transaction.query_opt(sql, names).await.map_err(|error| failed(&error))? else {
                return Ok(false);
            };
            let name: Option<String> = get(&there, 0)?;
            write_conversations(&transaction, &[&dump]).await?;
            let sql = "UPDATE conversations SET state_name = $2 WHERE id = $1";
            transaction.execute(sql, &[&row.id.as_str(), &name]).await.map_err(|error| failed(&error))?;
            transaction.commit().await.map(|()| true).map_err(|error| failed(&error))
        };
        let limit = self.pools.several();
        in_time(limit, timeout(limit, work).await, client)?
    }

    async fn import(&self, section: Section, records: Vec<Record>, marks: Vec<(String, String)>) -> Result<Imported> {
        let mut client = self.pools.primary().await?;
        let limit = self.pools.many();
        let work = async {
            let transaction = client.transaction().await.map_err(|error| failed(&error))?;
            // One statement may write all turns of many conversations.
            let sql = format!("SET LOCAL statement_timeout = {}", limit.as_millis());
            transaction.batch_execute(&sql).await.map_err(|error| failed(&error))?;
            let done = if section == Section::Conversations {
                import_conversations(&transaction, &records).await?
            } else {
                let mut done = Imported::default();
                let named = named_persons(&transaction, &records).await?;
                for record in &records {
                    done.add(import_one(&transaction, record, &named).await?);
                }
                done
            };
            for (name, value) in marks {
                write_setting(&transaction, &name, &value).await?;
            }
            transaction.commit().await.map_err(|error| failed(&error))?;
            Ok(done)
        };
        in_time(limit, timeout(limit, work).await, client)?
    }
}

/// The first column is the record's place.
fn select(section: Section) -> &'static str {
    match section {
        Section::Settings => {
            "SELECT name, value FROM settings WHERE name > $1 AND name NOT LIKE 'transfer:%' AND name NOT LIKE 'local:%' ORDER BY name LIMIT $2"
        }
        Section::GameVersions => {
            "SELECT place, tenant, game, version, name, file_hash, policy, lgdl_millis(published_at), published_by,
                compiled, source, contract
            FROM (SELECT *, tenant || '/' || game || '/' || version AS place FROM game_versions) v
            WHERE place > $1 ORDER BY place LIMIT $2"
        }
        Section::Games => {
            "SELECT place, tenant, game, active_version, pinned, lgdl_millis(created_at), lgdl_millis(updated_at),
                coalesce((SELECT json_agg(json_build_object('version', a.version, 'at', lgdl_millis(a.at), 'actor',
                    a.actor) ORDER BY a.sequence) FROM game_activations a
                    WHERE a.tenant = g.tenant AND a.game = g.game), '[]')::text
            FROM (SELECT *, tenant || '/' || game AS place FROM games) g
            WHERE place > $1 ORDER BY place LIMIT $2"
        }
        Section::Keys => {
            "SELECT id, tenant, hash, name, scopes, lgdl_millis(created_at), lgdl_millis(expires_at),
                lgdl_millis(revoked_at) FROM keys WHERE id > $1 ORDER BY id LIMIT $2"
        }
        Section::DataKeys => {
            "SELECT id, tenant, subject, wrapped, lgdl_millis(created_at) FROM data_keys
            WHERE id > $1 ORDER BY id LIMIT $2"
        }
        Section::Administrators => {
            "SELECT id, name, role, tenant, password, lgdl_millis(created_at), disabled FROM administrators
            WHERE id > $1 ORDER BY id LIMIT $2"
        }
        Section::Agents => {
            "SELECT id, tenant, name, queues, capacity, '[]', NULL::bigint, 0::bigint FROM agents
            WHERE id > $1 ORDER BY id LIMIT $2"
        }
        Section::Webhooks => "SELECT id, tenant, version, definition FROM webhooks WHERE id > $1 ORDER BY id LIMIT $2",
        Section::Consents => {
            "SELECT id, tenant, game, user_id, given, lgdl_millis(at), actor, note FROM consents
            WHERE id > $1 ORDER BY id LIMIT $2"
        }
        Section::Holds => {
            "SELECT id, tenant, user_id, reason, lgdl_millis(placed_at), placed_by, lgdl_millis(lifted_at)
            FROM legal_holds WHERE id > $1 ORDER BY id LIMIT $2"
        }
        Section::Erasures => {
            "SELECT id, tenant, kind, subject, lgdl_millis(at), requested_by, report FROM erasures
            WHERE id > $1 ORDER BY id LIMIT $2"
        }
        Section::Conversations => "SELECT id FROM conversations WHERE id > $1 ORDER BY id LIMIT $2",
        Section::Audit => {
            "SELECT lpad(sequence::text, 20, '0'), lgdl_millis(at), tenant, event, actor, subject, detail, sequence,
                previous_hash, hash FROM audit
            WHERE sequence > coalesce(nullif($1, '')::bigint, 0) ORDER BY sequence LIMIT $2"
        }
    }
}

fn record(section: Section, row: &Row) -> Result<Record> {
    let damaged = |error: &dyn std::fmt::Display| StoreError::Damaged(format!("{}: {error}", section.name()));
    let parse = |text: &str| serde_json::from_str::<Value>(text).map_err(|error| damaged(&error));
    Ok(match section {
        Section::Settings => Record::Setting { name: get(row, 0)?, value: get(row, 1)? },
        Section::GameVersions => Record::GameVersion(Box::new(GameVersionRecord {
            tenant: get(row, 1)?,
            game: get(row, 2)?,
            row: GameVersionRow {
                version: get(row, 3)?,
                name: get(row, 4)?,
                file_hash: get(row, 5)?,
                policy: get(row, 6)?,
                published_at: get(row, 7)?,
                published_by: get(row, 8)?,
            },
            compiled: get(row, 9)?,
            source: get(row, 10)?,
            contract: get(row, 11)?,
        })),
        Section::Games => Record::Game(GameRecord {
            tenant: get(row, 1)?,
            game: get(row, 2)?,
            active_version: get(row, 3)?,
            pinned: get(row, 4)?,
            created_at: get(row, 5)?,
            updated_at: get(row, 6)?,
            activations: serde_json::from_str::<Vec<Activation>>(get(row, 7)?).map_err(|error| damaged(&error))?,
        }),
        Section::Keys => Record::Key(ApiKeyRow {
            id: get::<&str>(row, 0)?.parse().map_err(|error| damaged(&error))?,
            tenant: get(row, 1)?,
            hash: get(row, 2)?,
            name: get(row, 3)?,
            scopes: serde_json::from_str(get(row, 4)?).map_err(|error| damaged(&error))?,
            created_at: get(row, 5)?,
            expires_at: get(row, 6)?,
            revoked_at: get(row, 7)?,
        }),
        Section::DataKeys => Record::DataKey(super::data_keys::data_key(row)?),
        Section::Administrators => Record::Administrator(super::administrators::administrator(row, 0)?),
        Section::Agents => Record::Agent(super::handovers::agent(row)?),
        Section::Webhooks => Record::Webhook(Box::new(super::webhooks::webhook(row)?.elsewhere())),
        Section::Consents => Record::Consent(ConsentRow {
            id: get::<&str>(row, 0)?.parse().map_err(|error| damaged(&error))?,
            tenant: get(row, 1)?,
            game: get(row, 2)?,
            user_id: get(row, 3)?,
            given: get(row, 4)?,
            at: get(row, 5)?,
            actor: get(row, 6)?,
            note: get(row, 7)?,
        }),
        Section::Holds => Record::Hold(HoldRow {
            id: get::<&str>(row, 0)?.parse().map_err(|error| damaged(&error))?,
            tenant: get(row, 1)?,
            user_id: get(row, 2)?,
            reason: get(row, 3)?,
            placed_at: get(row, 4)?,
            placed_by: get(row, 5)?,
            lifted_at: get(row, 6)?,
        }),
        Section::Erasures => Record::Erasure(ErasureRow {
            id: get(row, 0)?,
            tenant: get(row, 1)?,
            kind: get(row, 2)?,
            subject: get(row, 3)?,
            at: get(row, 4)?,
            requested_by: get(row, 5)?,
            report: serde_json::from_str(get(row, 6)?).map_err(|error| damaged(&error))?,
        }),
        Section::Audit => Record::Audit(AuditRow {
            event: Event {
                at: get(row, 1)?,
                tenant: get(row, 2)?,
                event: get(row, 3)?,
                actor: get(row, 4)?,
                subject: get(row, 5)?,
                detail: parse(get(row, 6)?)?,
            },
            sequence: natural(row, 7)?,
            previous_hash: get(row, 8)?,
            hash: get(row, 9)?,
        }),
        Section::Conversations => return Err(StoreError::Internal("conversations are read as dumps".into())),
    })
}

async fn write_setting(database: &Database<'_>, name: &str, value: &str) -> Result<u64> {
    let sql = "INSERT INTO settings (name, value) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE settings.value <> excluded.value";
    database.execute(sql, &[&name, &value]).await.map_err(|error| failed(&error))
}

/// Who is here of those whom imported tombstones stand for, by tenant and pseudonym.
async fn named_persons(database: &Database<'_>, records: &[Record]) -> Result<HashMap<(String, String), String>> {
    let erased = records.iter().filter_map(|record| match record {
        Record::Erasure(stone) if stone.kind == "person" => Some((stone.tenant.clone(), stone.subject.clone())),
        _ => None,
    });
    let mut erased: HashSet<_> = erased.collect();
    let (mut named, mut after) = (HashMap::new(), (String::new(), String::new()));
    while !erased.is_empty() {
        let rows = database.query(PERSONS, &[&after.0, &after.1, &i64::from(MAX_PAGE)]).await;
        let rows = rows.map_err(|error| failed(&error))?;
        let Some(last) = rows.last() else { break };
        after = (get(last, 0)?, get(last, 1)?);
        for row in &rows {
            let (tenant, user): (String, String) = (get(row, 0)?, get(row, 1)?);
            let subject = person_pseudonym(&tenant, &user);
            if let Some(name) = erased.take(&(tenant, subject)) {
                named.insert(name, user);
            }
        }
    }
    Ok(named)
}

/// Whether everything about a person was erased at a time or after it.
async fn erased_since(database: &Database<'_>, tenant: &str, subject: &str, at: Millis) -> Result<bool> {
    let sql =
        "SELECT 1 FROM erasures e WHERE tenant = $1 AND kind = 'person' AND subject = $2 AND e.at >= lgdl_time($3)";
    let found = database.query_opt(sql, &[&tenant, &subject, &at]).await.map_err(|error| failed(&error))?;
    Ok(found.is_some())
}

/// Writes one record that is not a conversation.
async fn import_one(
    database: &Database<'_>,
    record: &Record,
    named: &HashMap<(String, String), String>,
) -> Result<Imported> {
    let left_out = Imported { erased: 1, ..Imported::default() };
    let rows = match record {
        Record::Setting { name, .. } if !is_transferred(name) => 0,
        Record::Setting { name, value } => write_setting(database, name, value).await?,
        Record::Audit(row) => import_audit(database, row).await?,
        Record::Conversation(dump) => {
            return import_conversations(database, &[Record::Conversation(dump.clone())]).await;
        }
        Record::Erasure(stone) => {
            let user = named.get(&(stone.tenant.clone(), stone.subject.clone()));
            let removed =
                erase_again(database, stone, user.map(String::as_str)).await.map_err(|error| failed(&error))?;
            let written = u64::from(removed.is_some());
            let removed = removed.map_or(0, |report| report.conversations);
            return Ok(Imported { written, kept: 1 - written, erased: 0, removed });
        }
        Record::Consent(consent) => {
            let subject = person_pseudonym(&consent.tenant, &consent.user_id);
            if erased_since(database, &consent.tenant, &subject, consent.at).await? {
                return Ok(left_out);
            }
            write_row(database, record).await.map_err(|error| failed(&error))?
        }
        Record::DataKey(key) => {
            if erased_since(database, &key.tenant, &key.subject, key.created_at).await? {
                return Ok(left_out);
            }
            import_data_key(database, key).await?
        }
        Record::Administrator(administrator) => import_administrator(database, administrator).await?,
        Record::Agent(agent) => import_agent(database, agent).await?,
        Record::Webhook(webhook) => import_webhook(database, webhook).await?,
        other => write_row(database, other).await.map_err(|error| failed(&error))?,
    };
    Ok(Imported { written: rows.min(1), kept: 1 - rows.min(1), ..Imported::default() })
}

/// A data key follows its wrapping. Two keys of one person can't be joined: what one seals, the other does not open.
async fn import_data_key(database: &Database<'_>, key: &DataKeyRow) -> Result<u64> {
    let sql = "INSERT INTO data_keys (tenant, subject, id, wrapped, created_at)
        VALUES ($1, $2, $3, $4, lgdl_time($5))
        ON CONFLICT (tenant, subject) DO UPDATE SET wrapped = excluded.wrapped
            WHERE data_keys.id = excluded.id AND data_keys.wrapped <> excluded.wrapped";
    let DataKeyRow { tenant, subject, id, wrapped, created_at } = key;
    let rows = database.execute(sql, &[tenant, subject, &id.as_str(), wrapped, created_at]).await;
    let rows = rows.map_err(|error| failed(&error))?;
    let theirs = "SELECT 1 FROM data_keys WHERE tenant = $1 AND subject = $2 AND id = $3";
    let theirs = database.query_opt(theirs, &[tenant, subject, &id.as_str()]).await.map_err(|error| failed(&error))?;
    if theirs.is_some() { Ok(rows) } else { Err(another_data_key(subject)) }
}

/// An administrator follows the record, password, role and admission; who changed loses their sessions.
async fn import_administrator(database: &Database<'_>, administrator: &AdministratorRow) -> Result<u64> {
    let AdministratorRow { id, name, role, tenant, password, created_at, disabled } = administrator;
    let other = "SELECT 1 FROM administrators WHERE name = $1 AND id <> $2";
    let other = database.query_opt(other, &[name, &id.as_str()]).await.map_err(|error| failed(&error))?;
    if other.is_some() {
        return Err(another_administrator(id.as_str()));
    }
    let sql = "INSERT INTO administrators AS a (id, name, role, tenant, password, created_at, disabled)
        VALUES ($1, $2, $3, $4, $5, lgdl_time($6), $7)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, role = excluded.role, tenant = excluded.tenant,
            password = excluded.password, disabled = excluded.disabled
            WHERE (a.name, a.role, coalesce(a.tenant, ''), a.password, a.disabled)
                <> (excluded.name, excluded.role, coalesce(excluded.tenant, ''), excluded.password, excluded.disabled)";
    let row: super::Params<'_> = &[&id.as_str(), name, &role.name(), tenant, password, created_at, disabled];
    let rows = database.execute(sql, row).await.map_err(|error| failed(&error))?;
    if rows > 0 {
        let sessions = "DELETE FROM administrator_sessions WHERE administrator_id = $1";
        database.execute(sessions, &[&id.as_str()]).await.map_err(|error| failed(&error))?;
    }
    Ok(rows)
}

/// An agent follows the record; whether they are there stays what it is here.
async fn import_agent(database: &Database<'_>, agent: &AgentRow) -> Result<u64> {
    let sql = "INSERT INTO agents (id, tenant, name, queues, capacity, serving) VALUES ($1, $2, $3, $4, $5, '[]')
        ON CONFLICT (id) DO UPDATE SET tenant = excluded.tenant, name = excluded.name, queues = excluded.queues,
            capacity = excluded.capacity WHERE (agents.tenant, agents.name, agents.queues, agents.capacity)
            <> (excluded.tenant, excluded.name, excluded.queues, excluded.capacity)";
    let AgentRow { id, tenant, name, queues, capacity, .. } = agent;
    let row: super::Params<'_> =
        &[&id.as_str(), tenant, name, &super::handovers::json_list(queues), &super::column(*capacity)];
    database.execute(sql, row).await.map_err(|error| failed(&error))
}

/// A webhook that is older here follows the record.
async fn import_webhook(database: &Database<'_>, webhook: &WebhookRow) -> Result<u64> {
    let sql = "INSERT INTO webhooks (id, tenant, version, definition) VALUES ($1, $2, $3, $4)
        ON CONFLICT (id) DO UPDATE SET version = excluded.version, definition = excluded.definition
            WHERE webhooks.version < excluded.version";
    let WebhookRow { id, tenant, version, hook } = webhook;
    let row: super::Params<'_> = &[&id.as_str(), tenant, &super::column(*version), &hook.definition()?];
    database.execute(sql, row).await.map_err(|error| failed(&error))
}

async fn write_row(database: &Database<'_>, record: &Record) -> std::result::Result<u64, tokio_postgres::Error> {
    match record {
        Record::GameVersion(version) => {
            let sql = "INSERT INTO game_versions (tenant, game, version, name, file_hash, compiled, source, contract,
                policy, published_at, published_by)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, lgdl_time($10), $11)
                ON CONFLICT (tenant, game, version) DO UPDATE SET name = excluded.name,
                    file_hash = excluded.file_hash, policy = excluded.policy
                    WHERE (game_versions.name, game_versions.file_hash, game_versions.policy)
                        <> (excluded.name, excluded.file_hash, excluded.policy)";
            let GameVersionRecord { tenant, game, row, compiled, source, contract } = &**version;
            let GameVersionRow { version, name, file_hash, policy, published_at, published_by } = row;
            let params: super::Params<'_> = &[
                tenant,
                game,
                version,
                name,
                file_hash,
                compiled,
                source,
                contract,
                policy,
                published_at,
                published_by,
            ];
            database.execute(sql, params).await
        }
        Record::Game(game) => {
            let sql = "INSERT INTO games (tenant, game, active_version, pinned, created_at, updated_at)
                VALUES ($1, $2, $3, $4, lgdl_time($5), lgdl_time($6))
                ON CONFLICT (tenant, game) DO UPDATE SET active_version = excluded.active_version,
                    pinned = excluded.pinned, updated_at = excluded.updated_at
                    WHERE games.updated_at < excluded.updated_at";
            let GameRecord { tenant, game: id, active_version, pinned, created_at, updated_at, activations } = game;
            let rows = database.execute(sql, &[tenant, id, active_version, pinned, created_at, updated_at]).await?;
            // The history belongs to the game: it comes with it, or not at all.
            if rows > 0 {
                database.execute("DELETE FROM game_activations WHERE tenant = $1 AND game = $2", &[tenant, id]).await?;
            }
            for Activation { version, at, actor } in activations.iter().filter(|_| rows > 0) {
                let sql = "INSERT INTO game_activations (tenant, game, version, at, actor)
                    VALUES ($1, $2, $3, lgdl_time($4), $5)";
                database.execute(sql, &[tenant, id, version, at, actor]).await?;
            }
            Ok(rows)
        }
        Record::Key(key) => {
            let sql = "INSERT INTO keys (id, tenant, hash, name, scopes, created_at, expires_at, revoked_at)
                VALUES ($1, $2, $3, $4, $5, lgdl_time($6), lgdl_time($7), lgdl_time($8))
                ON CONFLICT (id) DO UPDATE SET revoked_at = excluded.revoked_at
                    WHERE keys.revoked_at IS NULL AND excluded.revoked_at IS NOT NULL";
            let scopes = Value::from(key.scopes.clone()).to_string();
            let ApiKeyRow { id, tenant, hash, name, created_at, expires_at, revoked_at, .. } = key;
            let params: super::Params<'_> =
                &[&id.as_str(), tenant, hash, name, &scopes, created_at, expires_at, revoked_at];
            database.execute(sql, params).await
        }
        Record::Consent(consent) => {
            let sql = "INSERT INTO consents (id, tenant, game, user_id, given, at, actor, note)
                VALUES ($1, $2, $3, $4, $5, lgdl_time($6), $7, $8) ON CONFLICT DO NOTHING";
            let ConsentRow { id, tenant, game, user_id, given, at, actor, note } = consent;
            database.execute(sql, &[&id.as_str(), tenant, game, user_id, given, at, actor, note]).await
        }
        Record::Hold(hold) => {
            let sql = "INSERT INTO legal_holds (id, tenant, user_id, reason, placed_at, placed_by, lifted_at)
                VALUES ($1, $2, $3, $4, lgdl_time($5), $6, lgdl_time($7))
                ON CONFLICT (id) DO UPDATE SET lifted_at = excluded.lifted_at
                    WHERE legal_holds.lifted_at IS NULL AND excluded.lifted_at IS NOT NULL";
            let HoldRow { id, tenant, user_id, reason, placed_at, placed_by, lifted_at } = hold;
            database.execute(sql, &[&id.as_str(), tenant, user_id, reason, placed_at, placed_by, lifted_at]).await
        }
        // These have functions of their own.
        Record::DataKey(_)
        | Record::Administrator(_)
        | Record::Agent(_)
        | Record::Webhook(_)
        | Record::Erasure(_)
        | Record::Setting { .. }
        | Record::Conversation(_)
        | Record::Audit(_) => Ok(0),
    }
}

/// A link fits where the chain ends, or is there already.
async fn import_audit(database: &Database<'_>, row: &AuditRow) -> Result<u64> {
    let sql = "INSERT INTO audit (sequence, at, tenant, event, actor, subject, detail, previous_hash, hash)
        SELECT $1::bigint, lgdl_time($2), $3, $4, $5, $6, $7, $8, $9
        WHERE coalesce((SELECT sequence FROM audit ORDER BY sequence DESC LIMIT 1), 0) = $1::bigint - 1
        ON CONFLICT DO NOTHING";
    let Event { at, tenant, event, actor, subject, detail } = &row.event;
    let (sequence, detail) = (super::column(row.sequence), detail.to_string());
    let params: super::Params<'_> =
        &[&sequence, at, tenant, event, actor, subject, &detail, &row.previous_hash, &row.hash];
    let written = database.execute(sql, params).await.map_err(|error| failed(&error))?;
    let sql = "SELECT 1 FROM audit WHERE sequence = $1 AND hash = $2";
    let there = database.query_opt(sql, &[&sequence, &row.hash]).await.map_err(|error| failed(&error))?;
    let differs =
        || StoreError::Refused(format!("the audit logs differ from link {} on, and two can't be joined", row.sequence));
    there.map(|_| written).ok_or_else(differs)
}

async fn import_conversations(database: &Database<'_>, records: &[Record]) -> Result<Imported> {
    let dumps: Vec<&ConversationDump> = records
        .iter()
        .filter_map(|record| match record {
            Record::Conversation(dump) => Some(&**dump),
            _ => None,
        })
        .collect();
    let wanted = conversations_json(&dumps);
    let sql = "SELECT n.id,
        EXISTS (SELECT 1 FROM erasures e WHERE e.tenant = n.tenant AND e.kind = 'conversation' AND e.subject = n.id)
            OR EXISTS (SELECT 1 FROM erasures e WHERE e.tenant = n.tenant AND e.kind = 'person' AND e.subject = n.person
                AND e.at >= lgdl_time(n.created_at)),
        coalesce(c.version >= n.version, false), coalesce(c.user_id <> n.user_id, false)
        FROM json_to_recordset($1::text::json)
            AS n (id text, tenant text, version bigint, user_id text, person text, created_at bigint)
        LEFT JOIN conversations c ON c.id = n.id";
    let rows = database.query(sql, &[&wanted]).await.map_err(|error| failed(&error))?;
    let mut done = Imported::default();
    let mut due = HashSet::new();
    for row in &rows {
        let (id, erased, kept, foreign): (&str, bool, bool, bool) =
            (get(row, 0)?, get(row, 1)?, get(row, 2)?, get(row, 3)?);
        match (erased, kept) {
            (true, _) => done.erased += 1,
            _ if foreign => {
                let damaged = |error| StoreError::Damaged(format!("conversations.id: {error}"));
                return Err(another_owner(&id.parse().map_err(damaged)?));
            }
            (_, true) => done.kept += 1,
            _ => drop(due.insert(id.to_owned())),
        }
    }
    let dumps: Vec<_> = dumps.into_iter().filter(|dump| due.contains(dump.conversation.id.as_str())).collect();
    done.written = dumps.len() as u64;
    if !dumps.is_empty() {
        write_conversations(database, &dumps).await?;
    }
    Ok(done)
}

async fn write_conversations(database: &Database<'_>, dumps: &[&ConversationDump]) -> Result<()> {
    let ids: Vec<&str> = dumps.iter().map(|dump| dump.conversation.id.as_str()).collect();
    // What is there is older: it goes, with everything that hangs on it.
    database.execute("DELETE FROM conversations WHERE id = ANY ($1)", &[&ids]).await.map_err(|e| failed(&e))?;
    let statements = [
        ("SELECT lgdl_lock_period(lgdl_period(p.at), false), lgdl_ensure_partition(lgdl_period(p.at))
            FROM (SELECT DISTINCT created_at AS at FROM json_to_recordset($1::text::json) AS n (created_at bigint)) p",
         conversations_json(dumps)),
        ("INSERT INTO conversations (id, tenant, game, external_id, user_id, version, game_version, period, created_at,
            updated_at, current_move_state, awaiting_response, last_question, awaiting_slot_for_move,
            awaiting_slot_name, state, metadata)
            SELECT id, tenant, game, external_id, user_id, version, game_version, lgdl_period(created_at),
            lgdl_time(created_at), lgdl_time(updated_at), current_move_state, awaiting_response, last_question,
            awaiting_slot_for_move, awaiting_slot_name, state, metadata::jsonb
            FROM json_to_recordset($1::text::json) AS n (id text, tenant text, game text, external_id text,
            user_id text, version bigint, game_version text, created_at bigint, updated_at bigint,
            current_move_state text, awaiting_response boolean, last_question text, awaiting_slot_for_move text,
            awaiting_slot_name text, state text, metadata text)",
         conversations_json(dumps)),
    ];
    for (sql, rows) in statements {
        database.execute(sql, &[&rows]).await.map_err(|error| failed(&error))?;
    }
    write_parts(database, dumps).await
}

/// Writes what belongs to conversations that are there; values and answers that are there already stay.
pub(super) async fn write_parts(database: &Database<'_>, dumps: &[&ConversationDump]) -> Result<()> {
    let statements = [
        ("INSERT INTO turns (conversation_id, turn_num, period, timestamp, user_input, sanitized_input, matched_move,
            confidence, response, extracted_params, metadata, details)
            SELECT n.conversation_id, n.turn_num, c.period, lgdl_time(n.timestamp), n.user_input, n.sanitized_input,
            n.matched_move, n.confidence, n.response, n.extracted_params::jsonb, n.metadata::jsonb, n.details
            FROM json_to_recordset($1::text::json) AS n (conversation_id text, turn_num bigint, timestamp bigint,
            user_input text, sanitized_input text, matched_move text, confidence double precision, response text,
            extracted_params text, metadata text, details text) JOIN conversations c ON c.id = n.conversation_id",
         parts_json(dumps, |dump| values(&dump.turns))?),
        ("INSERT INTO slots (conversation_id, move_id, slot_name, slot_value, slot_type, updated_at)
            SELECT conversation_id, move_id, slot_name, slot_value, slot_type, lgdl_time(updated_at)
            FROM json_to_recordset($1::text::json) AS n (conversation_id text, move_id text, slot_name text,
            slot_value text, slot_type text, updated_at bigint) ON CONFLICT DO NOTHING",
         parts_json(dumps, |dump| serde_json::from_str(&slots_json(&dump.slots)))?),
        ("INSERT INTO extracted_context (conversation_id, key, value) SELECT conversation_id, key, value
            FROM json_to_recordset($1::text::json) AS n (conversation_id text, key text, value text) ON CONFLICT DO NOTHING",
         parts_json(dumps, |dump| values(&dump.context))?),
        ("INSERT INTO idempotency (tenant, user_id, key, conversation_id, fingerprint, turn_num, answer,
            journal_sequence, created_at)
            SELECT c.tenant, c.user_id, n.key, n.conversation_id, n.fingerprint, n.turn_num, n.answer,
            n.journal_sequence, lgdl_time(n.created_at)
            FROM json_to_recordset($1::text::json) AS n (conversation_id text, key text, fingerprint text,
            turn_num bigint, answer text, journal_sequence bigint, created_at bigint)
            JOIN conversations c ON c.id = n.conversation_id ON CONFLICT DO NOTHING",
         parts_json(dumps, |dump| values(&dump.answers))?),
    ];
    for (sql, rows) in statements {
        database.execute(sql, &[&rows]).await.map_err(|error| failed(&error))?;
    }
    Ok(())
}

fn conversations_json(dumps: &[&ConversationDump]) -> String {
    let flat = |dump: &&ConversationDump| {
        let row = &dump.conversation;
        let summary = &row.summary;
        json!({
            "id": row.id, "tenant": row.tenant, "game": row.game, "external_id": row.external_id,
            "user_id": row.user_id, "person": person_pseudonym(&row.tenant, &row.user_id), "version": row.version, "game_version": row.game_version,
            "created_at": row.created_at, "updated_at": row.updated_at,
            "current_move_state": summary.current_move_state, "awaiting_response": summary.awaiting_response,
            "last_question": summary.last_question, "awaiting_slot_for_move": summary.awaiting_slot_for_move,
            "awaiting_slot_name": summary.awaiting_slot_name, "state": row.state, "metadata": row.metadata,
        })
    };
    Value::Array(dumps.iter().map(flat).collect()).to_string()
}

/// The parts of all conversations in one list, each naming its conversation.
fn parts_json(
    dumps: &[&ConversationDump],
    parts: impl Fn(&ConversationDump) -> serde_json::Result<Vec<Value>>,
) -> Result<String> {
    let mut all = Vec::new();
    for dump in dumps {
        let parts = parts(dump).map_err(|error| StoreError::Internal(error.to_string()))?;
        for mut part in parts {
            part["conversation_id"] = dump.conversation.id.as_str().into();
            all.push(part);
        }
    }
    Ok(Value::Array(all).to_string())
}

fn values(rows: &[impl serde::Serialize]) -> serde_json::Result<Vec<Value>> {
    rows.iter().map(serde_json::to_value).collect()
}
