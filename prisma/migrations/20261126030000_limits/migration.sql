-- Requests and tokens a minute, and calls at the same time, that a key or a model may have at most.
ALTER TABLE "key" ADD COLUMN "limits" JSONB NOT NULL DEFAULT '{}';
ALTER TABLE "model" ADD COLUMN "limits" JSONB NOT NULL DEFAULT '{}';
