-- What an operator says that a model can, and what becomes of hints that a provider has nothing for.
ALTER TABLE "model"
  ADD COLUMN "unsupported_parameters" TEXT NOT NULL DEFAULT 'lenient',
  ADD COLUMN "capabilities" JSONB NOT NULL DEFAULT '{}';
