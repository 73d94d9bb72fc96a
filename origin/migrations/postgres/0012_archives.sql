-- Files of the archive that no conversation may need: those that are about to be written, and those whose conversation is gone.
-- A conversation that is archived names its file in its metadata.
CREATE TABLE loose_files (
    file            text COLLATE "C" PRIMARY KEY, -- SHA-256
    conversation_id text COLLATE "C" NOT NULL,
    since           bigint NOT NULL
);

CREATE FUNCTION lgdl_leave_file() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO loose_files (file, conversation_id, since)
        VALUES (OLD.metadata -> 'archived' ->> 'file', OLD.id, lgdl_millis(OLD.updated_at))
        ON CONFLICT (file) DO UPDATE SET since = excluded.since;
    RETURN NULL;
END $$;

CREATE TRIGGER conversations_leave_files AFTER DELETE ON conversations
    FOR EACH ROW WHEN (OLD.metadata ? 'archived') EXECUTE FUNCTION lgdl_leave_file();
