-- Files of the archive that no conversation may need: those that are about to be written, and those whose conversation is gone.
-- A conversation that is archived names its file in its metadata.
CREATE TABLE loose_files (
    file            TEXT    NOT NULL PRIMARY KEY, -- SHA-256
    conversation_id TEXT    NOT NULL,
    since           INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER conversations_leave_files AFTER DELETE ON conversations
WHEN json_extract(OLD.metadata, '$.archived.file') IS NOT NULL
BEGIN
    INSERT OR REPLACE INTO loose_files (file, conversation_id, since)
        VALUES (json_extract(OLD.metadata, '$.archived.file'), OLD.id, OLD.updated_at);
END;
