/** What goes into a model, or comes out of it. */
export const MODALITIES = ['text', 'image', 'audio', 'video', 'file', 'embedding'] as const;
export type Modality = (typeof MODALITIES)[number];

/** What a model can, as far as it is known: what is absent nobody knows. */
export interface Capabilities {
  /** In tokens, the answer's among them. */
  readonly context_window?: number | undefined;
  /** In tokens. */
  readonly max_output_tokens?: number | undefined;
  readonly modalities?:
    | { readonly input?: readonly Modality[] | undefined; readonly output?: readonly Modality[] | undefined }
    | undefined;
  readonly tools?: boolean | undefined;
  /** Can it be held to a JSON schema? */
  readonly structured_output?: boolean | undefined;
  readonly reasoning?: boolean | undefined;
}
