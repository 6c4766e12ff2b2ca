import { getMetadataStorage, IsOptional } from 'class-validator';
import type { Type } from '@nestjs/common';

/** The same fields, each of them optional: the body of a PATCH. */
export function PartialType<Body extends object>(Body: Type<Body>): Type<Partial<Body>> {
  abstract class Partly extends (Body as Type<object>) {}
  const fields = getMetadataStorage().getTargetValidationMetadatas(Body, '', false, false);
  for (const name of new Set(fields.map(({ propertyName }) => propertyName))) {
    IsOptional()(Partly.prototype, name);
  }
  return Partly as unknown as Type<Partial<Body>>;
}
