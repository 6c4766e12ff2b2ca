-- Teams of keys. What a file declares is no row: `team_id` may name a team that is none.
CREATE TABLE "team" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "models" TEXT[],
    "limits" JSONB NOT NULL DEFAULT '{}',
    "budget" JSONB NOT NULL DEFAULT '{}',
    "end_user_budget" JSONB NOT NULL DEFAULT '{}',
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "team_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "team_name_key" ON "team"("name");

ALTER TABLE "key"
  ADD COLUMN "team_id" TEXT,
  ADD COLUMN "allowed_ips" TEXT[] NOT NULL DEFAULT '{}',
  ADD COLUMN "budget" JSONB NOT NULL DEFAULT '{}',
  ADD COLUMN "end_user_budget" JSONB NOT NULL DEFAULT '{}';

CREATE INDEX "key_team_id_idx" ON "key"("team_id");

ALTER TABLE "usage_record" ADD COLUMN "team_id" TEXT;

CREATE INDEX "usage_record_team_id_at_idx" ON "usage_record"("team_id", "at" DESC);

ALTER TABLE "usage_hour"
  ADD COLUMN "team_id" TEXT NOT NULL DEFAULT '',
  DROP CONSTRAINT "usage_hour_pkey",
  ADD CONSTRAINT "usage_hour_pkey" PRIMARY KEY ("hour","key_id","team_id","model","provider","upstream_model","operation");

CREATE INDEX "usage_hour_team_id_hour_idx" ON "usage_hour"("team_id", "hour");

ALTER TABLE "usage_day"
  ADD COLUMN "team_id" TEXT NOT NULL DEFAULT '',
  DROP CONSTRAINT "usage_day_pkey",
  ADD CONSTRAINT "usage_day_pkey" PRIMARY KEY ("day","key_id","team_id","model","provider","upstream_model","operation");

CREATE INDEX "usage_day_team_id_day_idx" ON "usage_day"("team_id", "day");
