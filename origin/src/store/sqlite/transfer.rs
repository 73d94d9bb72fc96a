//! Whole stores into and out of SQLite.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;

use super::commit::{is_erased, write_context, write_slot};
use super::conversations::{dump, find_row};
use super::people::{consent, erase_again, erasure, hold, person_erased_at, persons, remove_conversation};
use super::{SqliteStore, column, failed, natural};
use crate::clock::Millis;
use crate::ids::{ConversationId, person_pseudonym};
use crate::store::transfer::{another_administrator, another_data_key, another_owner, is_transferred};
use crate::store::{
    Activation, AdministratorRow, AgentRow, AnswerRow, ApiKeyRow, AuditRow, ConsentRow, ConversationDump,
    ConversationRow, DataKeyRow, Event, GameRecord, GameVersionRecord, GameVersionRow, HoldRow, Imported, MAX_PAGE,
    Page, Record, Result, Section, StoreError, Transfer, TurnRow, WebhookRow,
};

#[async_trait]
impl Transfer for SqliteStore {
    async fn page(&self, section: Section, after: &str, limit: u32) -> Result<Page> {
        let after = after.to_owned();
        self.read(move |connection| {
            let snapshot = connection.unchecked_transaction().map_err(failed)?;
            page(&snapshot, section, &after, limit.clamp(1, MAX_PAGE))
        })
        .await
    }

    async fn replace_conversation(&self, dump: ConversationDump) -> Result<bool> {
        let replaced = self.writer.write(move |connection| replace(connection, &dump)).await?;
        if replaced {
            self.empty_log().await;
        }
        Ok(replaced)
    }

    async fn import(&self, _section: Section, records: Vec<Record>, marks: Vec<(String, String)>) -> Result<Imported> {
        self.writer
            .write(move |connection| {
                let mut done = Imported::default();
                let named = named_persons(connection, &records)?;
                for record in &records {
                    done.add(import(connection, record, &named)?);
                }
                for (name, value) in &marks {
                    write_setting(connection, name, value).map_err(failed)?;
                }
                Ok(done)
            })
            .await
    }
}

/// Puts a conversation in the place of one of the same version.
fn replace(connection: &Connection, dump: &ConversationDump) -> Result<bool> {
    let row = &dump.conversation;
    let there = find_row(connection, &row.tenant, &row.id)?;
    if there.is_none_or(|there| there.version != row.version || there.user_id != row.user_id) {
        return Ok(false);
    }
    let name = "SELECT state_name FROM conversations WHERE id = ?1";
    let name: Option<String> = connection.query_row(name, [row.id.as_str()], |row| row.get(0)).map_err(failed)?;
    remove_conversation(connection, &row.id).map_err(failed)?;
    write_conversation(connection, dump).map_err(failed)?;
    let named = "UPDATE conversations SET state_name = ?2 WHERE id = ?1";
    connection.execute(named, params![row.id.as_str(), name]).map_err(failed)?;
    Ok(true)
}

/// The last column is the record's place.
fn select(section: Section) -> &'static str {
    match section {
        Section::Settings => {
            "SELECT name, value, name FROM settings WHERE name > ?1 AND name NOT LIKE 'transfer:%' AND name NOT LIKE 'local:%'
            ORDER BY name LIMIT ?2"
        }
        Section::GameVersions => {
            "SELECT tenant, game, version, name, file_hash, policy, published_at, published_by, compiled, source,
                contract, tenant || '/' || game || '/' || version AS place FROM game_versions
            WHERE place > ?1 ORDER BY place LIMIT ?2"
        }
        Section::Games => {
            "SELECT tenant, game, active_version, pinned, created_at, updated_at, tenant || '/' || game AS place
            FROM games WHERE place > ?1 ORDER BY place LIMIT ?2"
        }
        Section::Keys => {
            "SELECT id, tenant, hash, name, scopes, created_at, expires_at, revoked_at, id FROM keys
            WHERE id > ?1 ORDER BY id LIMIT ?2"
        }
        Section::DataKeys => {
            "SELECT tenant, subject, id, wrapped, created_at, id FROM data_keys WHERE id > ?1 ORDER BY id LIMIT ?2"
        }
        Section::Administrators => {
            "SELECT id, name, role, tenant, password, created_at, disabled, id FROM administrators
            WHERE id > ?1 ORDER BY id LIMIT ?2"
        }
        Section::Agents => {
            "SELECT id, tenant, name, queues, capacity, '[]', NULL, 0, id FROM agents WHERE id > ?1 ORDER BY id LIMIT ?2"
        }
        Section::Webhooks => {
            "SELECT id, tenant, version, definition, id FROM webhooks WHERE id > ?1 ORDER BY id LIMIT ?2"
        }
        Section::Consents => {
            "SELECT id, tenant, game, user_id, given, at, actor, note, id FROM consents
            WHERE id > ?1 ORDER BY id LIMIT ?2"
        }
        Section::Holds => {
            "SELECT id, tenant, user_id, reason, placed_at, placed_by, lifted_at, id FROM legal_holds
            WHERE id > ?1 ORDER BY id LIMIT ?2"
        }
        Section::Erasures => {
            "SELECT id, tenant, kind, subject, at, requested_by, report, id FROM erasures
            WHERE id > ?1 ORDER BY id LIMIT ?2"
        }
        Section::Conversations => "SELECT id, tenant, id FROM conversations WHERE id > ?1 ORDER BY id LIMIT ?2",
        Section::Audit => {
            "SELECT at, tenant, event, actor, subject, detail, sequence, previous_hash, hash,
                printf('%020d', sequence) FROM audit
            WHERE sequence > CAST(?1 AS INTEGER) ORDER BY sequence LIMIT ?2"
        }
    }
}

fn page(connection: &Connection, section: Section, after: &str, limit: u32) -> Result<Page> {
    let mut statement = connection.prepare_cached(select(section)).map_err(failed)?;
    let place = statement.column_count() - 1;
    let mut rows = statement.query(params![after, limit]).map_err(failed)?;
    let mut page = Page::default();
    while let Some(row) = rows.next().map_err(failed)? {
        page.records.extend(record(connection, section, row)?);
        page.next = Some(row.get(place).map_err(failed)?);
    }
    if page.records.len() < limit as usize {
        page.next = None;
    }
    Ok(page)
}

fn record(connection: &Connection, section: Section, row: &Row<'_>) -> Result<Option<Record>> {
    Ok(Some(match section {
        Section::Settings => {
            let read = || Ok(Record::Setting { name: row.get(0)?, value: row.get(1)? });
            read().map_err(failed)?
        }
        Section::GameVersions => Record::GameVersion(Box::new(game_version(row).map_err(failed)?)),
        Section::Games => Record::Game(game(connection, row).map_err(failed)?),
        Section::Keys => Record::Key(super::keys::key(row)?),
        Section::DataKeys => Record::DataKey(super::data_keys::data_key(row)?),
        Section::Administrators => Record::Administrator(super::administrators::administrator(row, 0)?),
        Section::Agents => Record::Agent(super::handovers::agent(row)?),
        Section::Webhooks => Record::Webhook(Box::new(super::webhooks::webhook(row)?.elsewhere())),
        Section::Consents => Record::Consent(consent(row)?),
        Section::Holds => Record::Hold(hold(row)?),
        Section::Erasures => Record::Erasure(erasure(row)?),
        Section::Audit => {
            let event = super::audit::event(row)?;
            let read = || Ok((natural(row.get(6)?), row.get(7)?, row.get(8)?));
            let (sequence, previous_hash, hash) = read().map_err(failed)?;
            Record::Audit(AuditRow { sequence, event, previous_hash, hash })
        }
        Section::Conversations => {
            let id = super::conversations::parse_id(row.get(0).map_err(failed)?)?;
            let tenant: String = row.get(1).map_err(failed)?;
            return Ok(dump(connection, &tenant, &id)?.map(|dump| Record::Conversation(Box::new(dump))));
        }
    }))
}

fn game_version(row: &Row<'_>) -> rusqlite::Result<GameVersionRecord> {
    Ok(GameVersionRecord {
        tenant: row.get(0)?,
        game: row.get(1)?,
        row: GameVersionRow {
            version: row.get(2)?,
            name: row.get(3)?,
            file_hash: row.get(4)?,
            policy: row.get(5)?,
            published_at: row.get(6)?,
            published_by: row.get(7)?,
        },
        compiled: row.get(8)?,
        source: row.get(9)?,
        contract: row.get(10)?,
    })
}

fn game(connection: &Connection, row: &Row<'_>) -> rusqlite::Result<GameRecord> {
    let mut record = GameRecord {
        tenant: row.get(0)?,
        game: row.get(1)?,
        active_version: row.get(2)?,
        pinned: row.get(3)?,
        created_at: row.get(4)?,
        updated_at: row.get(5)?,
        activations: Vec::new(),
    };
    let sql = "SELECT version, at, actor FROM game_activations WHERE tenant = ?1 AND game = ?2 ORDER BY sequence";
    let mut statement = connection.prepare_cached(sql)?;
    let steps = statement.query_map([&record.tenant, &record.game], |row| {
        Ok(Activation { version: row.get(0)?, at: row.get(1)?, actor: row.get(2)? })
    })?;
    record.activations = steps.collect::<rusqlite::Result<_>>()?;
    Ok(record)
}

fn write_setting(connection: &Connection, name: &str, value: &str) -> rusqlite::Result<usize> {
    let sql = "INSERT INTO settings (name, value) VALUES (?1, ?2)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE value <> excluded.value";
    connection.prepare_cached(sql)?.execute([name, value])
}

/// Who is here of those whom imported tombstones stand for, by tenant and pseudonym.
fn named_persons(connection: &Connection, records: &[Record]) -> Result<HashMap<(String, String), String>> {
    let erased = records.iter().filter_map(|record| match record {
        Record::Erasure(stone) if stone.kind == "person" => Some((stone.tenant.clone(), stone.subject.clone())),
        _ => None,
    });
    let mut erased: HashSet<_> = erased.collect();
    let (mut named, mut after) = (HashMap::new(), (String::new(), String::new()));
    while !erased.is_empty() {
        let page = persons(connection, (&after.0, &after.1), MAX_PAGE).map_err(failed)?;
        let Some(last) = page.last() else { break };
        after = last.clone();
        for (tenant, user) in page {
            let subject = person_pseudonym(&tenant, &user);
            if let Some(name) = erased.take(&(tenant, subject)) {
                named.insert(name, user);
            }
        }
    }
    Ok(named)
}

fn import(connection: &Connection, record: &Record, named: &HashMap<(String, String), String>) -> Result<Imported> {
    let left_out = || Ok(Imported { erased: 1, ..Imported::default() });
    let erased_since = |tenant: &str, subject: &str, at: Millis| {
        person_erased_at(connection, tenant, subject)
            .map_err(failed)
            .map(|erased| erased.is_some_and(|erased| at <= erased))
    };
    let rows = match record {
        Record::Conversation(dump) => return import_conversation(connection, dump),
        Record::Erasure(stone) => {
            let user = named.get(&(stone.tenant.clone(), stone.subject.clone()));
            let removed = erase_again(connection, stone, user.map(String::as_str))?;
            let written = u64::from(removed.is_some());
            let removed = removed.map_or(0, |report| report.conversations);
            return Ok(Imported { written, kept: 1 - written, erased: 0, removed });
        }
        Record::Consent(consent) => {
            let subject = person_pseudonym(&consent.tenant, &consent.user_id);
            if erased_since(&consent.tenant, &subject, consent.at)? {
                return left_out();
            }
            write_row(connection, record).map_err(failed)?
        }
        Record::DataKey(key) => {
            if erased_since(&key.tenant, &key.subject, key.created_at)? {
                return left_out();
            }
            import_data_key(connection, key)?
        }
        Record::Administrator(administrator) => import_administrator(connection, administrator)?,
        Record::Agent(agent) => import_agent(connection, agent).map_err(failed)?,
        Record::Webhook(webhook) => import_webhook(connection, webhook)?,
        Record::Audit(row) => import_audit(connection, row)?,
        Record::Setting { name, .. } if !is_transferred(name) => 0,
        Record::Setting { name, value } => write_setting(connection, name, value).map_err(failed)?,
        other => write_row(connection, other).map_err(failed)?,
    };
    let written = u64::from(rows > 0);
    Ok(Imported { written, kept: 1 - written, ..Imported::default() })
}

/// A data key follows its wrapping. Two keys of one person can't be joined: what one seals, the other does not open.
fn import_data_key(connection: &Connection, key: &DataKeyRow) -> Result<usize> {
    let sql = "INSERT INTO data_keys (tenant, subject, id, wrapped, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (tenant, subject) DO UPDATE SET wrapped = excluded.wrapped
            WHERE id = excluded.id AND wrapped <> excluded.wrapped";
    let DataKeyRow { tenant, subject, id, wrapped, created_at } = key;
    let row = params![tenant, subject, id.as_str(), wrapped, created_at];
    let rows = connection.prepare_cached(sql).and_then(|mut s| s.execute(row)).map_err(failed)?;
    let theirs = "SELECT 1 FROM data_keys WHERE tenant = ?1 AND subject = ?2 AND id = ?3";
    let theirs = connection.prepare_cached(theirs).and_then(|mut s| s.exists(params![tenant, subject, id.as_str()]));
    if theirs.map_err(failed)? { Ok(rows) } else { Err(another_data_key(subject)) }
}

/// An administrator follows the record, password, role and admission; who changed loses their sessions.
fn import_administrator(connection: &Connection, administrator: &AdministratorRow) -> Result<usize> {
    let AdministratorRow { id, name, role, tenant, password, created_at, disabled } = administrator;
    let other = "SELECT 1 FROM administrators WHERE name = ?1 AND id <> ?2";
    let other = connection.prepare_cached(other).and_then(|mut s| s.exists(params![name, id.as_str()]));
    if other.map_err(failed)? {
        return Err(another_administrator(id.as_str()));
    }
    let sql = "INSERT INTO administrators (id, name, role, tenant, password, created_at, disabled)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, role = excluded.role, tenant = excluded.tenant,
            password = excluded.password, disabled = excluded.disabled
            WHERE (name, role, coalesce(tenant, ''), password, disabled)
                <> (excluded.name, excluded.role, coalesce(excluded.tenant, ''), excluded.password, excluded.disabled)";
    let row = params![id.as_str(), name, role.name(), tenant, password, created_at, disabled];
    let rows = connection.prepare_cached(sql).and_then(|mut s| s.execute(row)).map_err(failed)?;
    if rows > 0 {
        let sessions = "DELETE FROM administrator_sessions WHERE administrator_id = ?1";
        connection.execute(sessions, [id.as_str()]).map_err(failed)?;
    }
    Ok(rows)
}

/// An agent follows the record; whether they are there stays what it is here.
fn import_agent(connection: &Connection, agent: &AgentRow) -> rusqlite::Result<usize> {
    let sql = "INSERT INTO agents (id, tenant, name, queues, capacity, serving) VALUES (?1, ?2, ?3, ?4, ?5, '[]')
        ON CONFLICT (id) DO UPDATE SET tenant = excluded.tenant, name = excluded.name, queues = excluded.queues,
            capacity = excluded.capacity WHERE (tenant, name, queues, capacity)
            <> (excluded.tenant, excluded.name, excluded.queues, excluded.capacity)";
    let AgentRow { id, tenant, name, queues, capacity, .. } = agent;
    let row = params![id.as_str(), tenant, name, super::handovers::json_list(queues), column(*capacity)];
    connection.prepare_cached(sql)?.execute(row)
}

/// A webhook that is older here follows the record.
fn import_webhook(connection: &Connection, webhook: &WebhookRow) -> Result<usize> {
    let sql = "INSERT INTO webhooks (id, tenant, version, definition) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (id) DO UPDATE SET version = excluded.version, definition = excluded.definition
            WHERE version < excluded.version";
    let WebhookRow { id, tenant, version, hook } = webhook;
    let row = params![id.as_str(), tenant, column(*version), hook.definition()?];
    connection.prepare_cached(sql).and_then(|mut statement| statement.execute(row)).map_err(failed)
}

fn write_row(connection: &Connection, record: &Record) -> rusqlite::Result<usize> {
    match record {
        Record::GameVersion(version) => {
            let sql = "INSERT INTO game_versions (tenant, game, version, name, file_hash, compiled, source, contract,
                policy, published_at, published_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
                ON CONFLICT (tenant, game, version) DO UPDATE SET name = excluded.name, file_hash = excluded.file_hash,
                    policy = excluded.policy WHERE (name, file_hash, policy)
                    <> (excluded.name, excluded.file_hash, excluded.policy)";
            let GameVersionRecord { tenant, game, row, compiled, source, contract } = &**version;
            let GameVersionRow { version, name, file_hash, policy, published_at, published_by } = row;
            let row = params![
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
                published_by
            ];
            connection.prepare_cached(sql)?.execute(row)
        }
        Record::Game(game) => {
            let sql = "INSERT INTO games (tenant, game, active_version, pinned, created_at, updated_at)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                ON CONFLICT (tenant, game) DO UPDATE SET active_version = excluded.active_version,
                    pinned = excluded.pinned, updated_at = excluded.updated_at
                    WHERE updated_at < excluded.updated_at";
            let GameRecord { tenant, game: id, active_version, pinned, created_at, updated_at, activations } = game;
            let row = params![tenant, id, active_version, pinned, created_at, updated_at];
            let rows = connection.prepare_cached(sql)?.execute(row)?;
            // The history belongs to the game: it comes with it, or not at all.
            if rows > 0 {
                let sql = "DELETE FROM game_activations WHERE tenant = ?1 AND game = ?2";
                connection.prepare_cached(sql)?.execute([tenant, id])?;
            }
            for Activation { version, at, actor } in activations.iter().filter(|_| rows > 0) {
                let sql = "INSERT INTO game_activations (tenant, game, version, at, actor) VALUES (?1, ?2, ?3, ?4, ?5)";
                connection.prepare_cached(sql)?.execute(params![tenant, id, version, at, actor])?;
            }
            Ok(rows)
        }
        Record::Key(key) => {
            let sql = "INSERT INTO keys (id, tenant, hash, name, scopes, created_at, expires_at, revoked_at)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                ON CONFLICT (id) DO UPDATE SET revoked_at = excluded.revoked_at
                    WHERE revoked_at IS NULL AND excluded.revoked_at IS NOT NULL";
            let scopes = Value::from(key.scopes.clone()).to_string();
            let ApiKeyRow { id, tenant, hash, name, created_at, expires_at, revoked_at, .. } = key;
            let row = params![id.as_str(), tenant, hash, name, scopes, created_at, expires_at, revoked_at];
            connection.prepare_cached(sql)?.execute(row)
        }
        Record::Consent(consent) => {
            let sql = "INSERT INTO consents (id, tenant, game, user_id, given, at, actor, note)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING";
            let ConsentRow { id, tenant, game, user_id, given, at, actor, note } = consent;
            let row = params![id.as_str(), tenant, game, user_id, given, at, actor, note];
            connection.prepare_cached(sql)?.execute(row)
        }
        Record::Hold(hold) => {
            let sql = "INSERT INTO legal_holds (id, tenant, user_id, reason, placed_at, placed_by, lifted_at)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                ON CONFLICT (id) DO UPDATE SET lifted_at = excluded.lifted_at
                    WHERE lifted_at IS NULL AND excluded.lifted_at IS NOT NULL";
            let HoldRow { id, tenant, user_id, reason, placed_at, placed_by, lifted_at } = hold;
            let row = params![id.as_str(), tenant, user_id, reason, placed_at, placed_by, lifted_at];
            connection.prepare_cached(sql)?.execute(row)
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
fn import_audit(connection: &Connection, row: &AuditRow) -> Result<usize> {
    let sql = "SELECT hash FROM audit WHERE sequence = ?1";
    let there: Option<String> = connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_row([column(row.sequence)], |row| row.get(0)).optional())
        .map_err(failed)?;
    let differs =
        || StoreError::Refused(format!("the audit logs differ from link {} on, and two can't be joined", row.sequence));
    if let Some(hash) = there {
        return if hash == row.hash { Ok(0) } else { Err(differs()) };
    }
    let last: i64 =
        connection.query_row("SELECT coalesce(max(sequence), 0) FROM audit", [], |row| row.get(0)).map_err(failed)?;
    if natural(last) + 1 != row.sequence {
        return Err(differs());
    }
    let sql = "INSERT INTO audit (sequence, at, tenant, event, actor, subject, detail, previous_hash, hash)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let Event { at, tenant, event, actor, subject, detail } = &row.event;
    let row = params![
        column(row.sequence),
        at,
        tenant,
        event,
        actor,
        subject,
        detail.to_string(),
        row.previous_hash,
        row.hash
    ];
    connection.prepare_cached(sql).and_then(|mut statement| statement.execute(row)).map_err(failed)
}

fn import_conversation(connection: &Connection, dump: &ConversationDump) -> Result<Imported> {
    let row = &dump.conversation;
    if is_erased(connection, &row.tenant, &row.id).map_err(failed)? {
        return Ok(Imported { erased: 1, ..Imported::default() });
    }
    let subject = person_pseudonym(&row.tenant, &row.user_id);
    let erased = person_erased_at(connection, &row.tenant, &subject).map_err(failed)?;
    if erased.is_some_and(|erased| row.created_at <= erased) {
        return Ok(Imported { erased: 1, ..Imported::default() });
    }
    let there = find_row(connection, &row.tenant, &row.id)?;
    if there.as_ref().is_some_and(|there| there.user_id != row.user_id) {
        return Err(another_owner(&row.id));
    }
    if there.is_some_and(|there| there.version >= row.version) {
        return Ok(Imported { kept: 1, ..Imported::default() });
    }
    remove_conversation(connection, &row.id).map_err(failed)?;
    write_conversation(connection, dump).map_err(failed)?;
    Ok(Imported { written: 1, ..Imported::default() })
}

fn write_conversation(connection: &Connection, dump: &ConversationDump) -> rusqlite::Result<()> {
    let (row, summary) = (&dump.conversation, &dump.conversation.summary);
    let sql = "INSERT INTO conversations (id, tenant, game, external_id, user_id, version, game_version, created_at,
        updated_at, current_move_state, awaiting_response, last_question, awaiting_slot_for_move, awaiting_slot_name,
        state, metadata) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";
    connection.prepare_cached(sql)?.execute(params![
        row.id.as_str(),
        row.tenant,
        row.game,
        row.external_id,
        row.user_id,
        column(row.version),
        row.game_version,
        row.created_at,
        row.updated_at,
        summary.current_move_state,
        summary.awaiting_response,
        summary.last_question,
        summary.awaiting_slot_for_move,
        summary.awaiting_slot_name,
        row.state,
        row.metadata,
    ])?;
    for turn in &dump.turns {
        write_turn(connection, &row.id, turn)?;
    }
    for slot in &dump.slots {
        write_slot(connection, &row.id, slot)?;
    }
    for value in &dump.context {
        write_context(connection, &row.id, &value.key, &value.value)?;
    }
    for answer in &dump.answers {
        write_answer(connection, row, answer)?;
    }
    Ok(())
}

/// Writes a stored answer, unless there is one to that request.
pub(super) fn write_answer(connection: &Connection, row: &ConversationRow, answer: &AnswerRow) -> rusqlite::Result<()> {
    let sql = "INSERT INTO idempotency (tenant, user_id, key, conversation_id, fingerprint, turn_num, answer,
        journal_sequence, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING";
    connection
        .prepare_cached(sql)?
        .execute(params![
            row.tenant,
            row.user_id,
            answer.key,
            row.id.as_str(),
            answer.fingerprint,
            column(answer.turn_num),
            answer.answer,
            answer.journal_sequence.map(column),
            answer.created_at,
        ])
        .map(drop)
}

pub(super) fn write_turn(connection: &Connection, id: &ConversationId, turn: &TurnRow) -> rusqlite::Result<()> {
    let sql = "INSERT INTO turns (conversation_id, turn_num, timestamp, user_input, sanitized_input, matched_move,
        confidence, response, extracted_params, metadata, details)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    connection
        .prepare_cached(sql)?
        .execute(params![
            id.as_str(),
            column(turn.turn_num),
            turn.timestamp,
            turn.user_input,
            turn.sanitized_input,
            turn.matched_move,
            turn.confidence,
            turn.response,
            turn.extracted_params,
            turn.metadata,
            turn.details,
        ])
        .map(drop)
}
