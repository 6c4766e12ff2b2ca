-- What calls that are not counted in tokens use.
ALTER TABLE "usage_record"
  ADD COLUMN "images" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "audio_seconds" DOUBLE PRECISION NOT NULL DEFAULT 0,
  ADD COLUMN "characters" INTEGER NOT NULL DEFAULT 0;
