-- Each entry of the audit log is chained to the one before it by a hash: docs/security.md.
ALTER TABLE "audit_entry" ADD COLUMN "hash" TEXT NOT NULL DEFAULT '';

-- What is hashed of an entry, and exported: the text of it never changes, whatever columns come.
CREATE FUNCTION "audit_entry_text"(entry "audit_entry") RETURNS TEXT LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'id', entry."id"::text,
        'at', to_char(entry."at" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'actor', entry."actor",
        'action', entry."action",
        'object_type', entry."object_type",
        'object_id', entry."object_id",
        'changes', entry."changes",
        'request_id', entry."request_id"
    )::text
$$;

CREATE FUNCTION "audit_entry_hash"(previous TEXT, entry "audit_entry") RETURNS TEXT LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(previous || "audit_entry_text"(entry), 'UTF8')), 'hex')
$$;

-- The entries that are there already.
DO $$
DECLARE
    entry "audit_entry";
    previous TEXT := repeat('0', 64);
BEGIN
    FOR entry IN SELECT * FROM "audit_entry" ORDER BY "id" LOOP
        previous := "audit_entry_hash"(previous, entry);
        UPDATE "audit_entry" SET "hash" = previous WHERE "id" = entry."id";
    END LOOP;
END $$;

-- Writers wait here for each other until they commit: ids, times and hashes follow one another as the commits do.
CREATE FUNCTION "audit_entry_chain"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    last "audit_entry";
BEGIN
    PERFORM pg_advisory_xact_lock(1347177549, 1);
    SELECT * INTO last FROM "audit_entry" ORDER BY "id" DESC LIMIT 1;
    -- The id was drawn before the wait.
    IF NEW."id" <= last."id" THEN
        NEW."id" := nextval(pg_get_serial_sequence('audit_entry', 'id'));
    END IF;
    NEW."at" := greatest(date_trunc('milliseconds', clock_timestamp()), last."at");
    NEW."hash" := "audit_entry_hash"(coalesce(last."hash", repeat('0', 64)), NEW);
    RETURN NEW;
END $$;

CREATE TRIGGER "audit_entry_chain" BEFORE INSERT ON "audit_entry"
    FOR EACH ROW EXECUTE FUNCTION "audit_entry_chain"();
