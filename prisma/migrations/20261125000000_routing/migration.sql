-- What an operator says of how calls are routed.
ALTER TABLE "model"
  ADD COLUMN "fallbacks" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
  ADD COLUMN "retry" JSONB NOT NULL DEFAULT '{}';
ALTER TABLE "target" ADD COLUMN "weight" INTEGER NOT NULL DEFAULT 1;
ALTER TABLE "provider" ADD COLUMN "max_parallel" INTEGER;

-- Why a call was routed as it was.
ALTER TABLE "usage_record" ADD COLUMN "decision" JSONB;
