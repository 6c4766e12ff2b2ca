import { IsIn } from 'class-validator';
import { KEY_NAMES } from '#persistence';
import type { KeyName } from '#persistence';

/** `POST /admin/system/rotate-keys` */
export class RotateKeysBody {
  @IsIn(KEY_NAMES) which!: KeyName;
}
