const ENVIRONMENT = /^os\.environ\/([A-Za-z_]\w*)$/;

/** Written where a server wants some key, and not secret. */
const NO_SECRET = /^(none|null|empty|dummy|fake|fake-key|no-key|not-needed|anything|sk-1234|x)$/i;

/** LiteLLM's texts as a file of ours has them: variables as variables, and secrets that stand in the open as well. */
export class Texts {
  private readonly secrets = new Map<string, string>();

  /** `os.environ/NAME` → `${NAME}` */
  text(value: unknown): string | undefined {
    if (typeof value !== 'string' || value === '') return undefined;
    const [, name] = ENVIRONMENT.exec(value) ?? [];
    return name === undefined ? value.replaceAll('$', () => '$$') : `\${${name}}`;
  }

  /** One that stands in the file itself moves to a variable; `moved` is told its name. */
  secret(value: unknown, moved: (variable: string) => void): string | undefined {
    const text = this.text(value);
    if (text === undefined || text.startsWith('${') || NO_SECRET.test(text)) return text;
    const variable = this.secrets.get(text) ?? `LITELLM_SECRET_${this.secrets.size + 1}`;
    this.secrets.set(text, variable);
    moved(variable);
    return `\${${variable}}`;
  }
}
