-- Answers of Responses, which their callers may ask for again, or go on from. Text, not JSONB: it goes out as it came.
CREATE TABLE "stored_response" (
    "key_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "provider_id" TEXT,
    "previous_id" TEXT,
    "input" TEXT NOT NULL,
    "response" TEXT NOT NULL,

    CONSTRAINT "stored_response_pkey" PRIMARY KEY ("key_id","id")
);

CREATE INDEX "stored_response_expires_at_idx" ON "stored_response"("expires_at");
