import type { ModelSettingsBody, TargetBody } from './models.body.js';

/** A model's row but for its id, as it is asked for; `ownedBy`: whose it is where nobody says. */
export function modelFields(body: ModelSettingsBody, ownedBy: string) {
  return {
    ownedBy: body.owned_by ?? ownedBy,
    strategy: body.strategy ?? 'priority',
    fallbacks: [...(body.fallbacks ?? [])],
    retry: { ...body.retry },
    timeouts: { ...body.timeouts },
    price: { ...body.price },
    unsupportedParameters: body.unsupported_parameters ?? 'lenient',
    capabilities: capabilitiesField(body.capabilities),
    limits: { ...body.limits },
    metadata: (body.metadata ?? {}) as object,
    enabled: body.enabled ?? true,
  };
}

/** As it is stored. */
export function capabilitiesField(body: ModelSettingsBody['capabilities']) {
  const { modalities, ...rest } = body ?? {};
  return { ...rest, ...(modalities && { modalities: { ...modalities } }) };
}

/** A target's row but for its model, as it is asked for. */
export function targetFields(target: TargetBody, providerId: string) {
  return {
    providerId,
    upstreamModel: target.model,
    priority: target.priority ?? 0,
    weight: target.weight ?? 1,
    timeouts: { ...target.timeouts },
    price: { ...target.price },
  };
}
