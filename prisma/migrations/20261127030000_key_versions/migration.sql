-- A key of the database is rotated: the versions before the newest stay until nothing is under them.
ALTER TABLE "wrapped_key" ADD COLUMN "version" INTEGER NOT NULL DEFAULT 1;
ALTER TABLE "wrapped_key" DROP CONSTRAINT "wrapped_key_pkey";
ALTER TABLE "wrapped_key" ADD CONSTRAINT "wrapped_key_pkey" PRIMARY KEY ("name","version");
