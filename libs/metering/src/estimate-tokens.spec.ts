import { describe, expect, it } from 'vitest';
import { estimateTokens } from './estimate-tokens.js';

/** Texts, and their tokens as o200k_base counts them. */
const TEXTS: [kind: string, tokens: number, text: string][] = [
  [
    'english',
    51,
    'The quick brown fox jumps over the lazy dog. In the beginning there was a gateway, and everybody who called it was asked for a key; whoever had none was told so politely, before a single byte of the request had been read. Nobody complained.',
  ],
  [
    'prose',
    43,
    'Could you explain how transformers handle long-range dependencies? I have read that attention computes pairwise interactions, which is quadratic in sequence length, but I do not understand why recurrent networks struggle with vanishing gradients in comparison.',
  ],
  [
    'german',
    45,
    'Die Geschwindigkeitsbegrenzung auf deutschen Autobahnen ist seit Jahrzehnten ein umstrittenes Thema. Können Sie mir bitte eine ausführliche Zusammenfassung der wichtigsten Argumente für und gegen eine Begrenzung schreiben?',
  ],
  [
    'french',
    37,
    "Pouvez-vous m'expliquer, s'il vous plaît, comment fonctionne l'apprentissage par renforcement et pourquoi il est souvent utilisé après l'entraînement supervisé des modèles de langage ?",
  ],
  [
    'spanish',
    29,
    '¿Podrías explicarme cómo funciona el aprendizaje por refuerzo y por qué se utiliza después del entrenamiento supervisado de los modelos de lenguaje?',
  ],
  [
    'russian',
    34,
    'Пожалуйста, объясните, как работает обучение с подкреплением и почему его часто используют после обучения языковых моделей с учителем. Ответ должен быть кратким.',
  ],
  [
    'chinese',
    35,
    '请解释一下强化学习是如何工作的，以及为什么它经常在语言模型的监督训练之后使用。请用简短的中文回答，并举一个例子。',
  ],
  [
    'japanese',
    45,
    '強化学習がどのように機能するのか、そしてなぜ言語モデルの教師あり学習の後によく使われるのかを説明してください。短く答えてください。',
  ],
  [
    'korean',
    39,
    '강화 학습이 어떻게 작동하는지, 그리고 왜 언어 모델의 지도 학습 이후에 자주 사용되는지 설명해 주세요. 짧게 대답해 주세요.',
  ],
  [
    'arabic',
    37,
    'من فضلك اشرح كيف يعمل التعلم المعزز ولماذا يستخدم غالبا بعد التدريب الخاضع للإشراف لنماذج اللغة. يجب أن تكون الإجابة قصيرة.',
  ],
  [
    'hindi',
    37,
    'कृपया समझाएं कि सुदृढीकरण सीखना कैसे काम करता है और भाषा मॉडल के पर्यवेक्षित प्रशिक्षण के बाद इसका अक्सर उपयोग क्यों किया जाता है।',
  ],
  [
    'greek',
    40,
    'Παρακαλώ εξηγήστε πώς λειτουργεί η ενισχυτική μάθηση και γιατί χρησιμοποιείται συχνά μετά την εποπτευόμενη εκπαίδευση.',
  ],
  [
    'hebrew',
    37,
    'אנא הסבר כיצד פועלת למידת חיזוק ומדוע משתמשים בה לעתים קרובות לאחר אימון מפוקח של מודלי שפה.',
  ],
  [
    'code',
    77,
    "export async function listUsageRecords(\n  queries: Queries,\n  filter: UsageFilter,\n): Promise<Page<UsageRecord>> {\n  const rows = await queries.usageRecord.findMany({\n    take: page.limit + 1,\n    orderBy: [{ at: 'desc' }, { requestId: 'desc' }],\n  });\n  return cutPage(rows, page);\n}\n",
  ],
  [
    'python',
    58,
    'def fib(n):\n    """Return the n-th Fibonacci number."""\n    a, b = 0, 1\n    for _ in range(n):\n        a, b = b, a + b\n    return a\n\nprint([fib(i) for i in range(20)])\n',
  ],
  [
    'json',
    66,
    '{"type":"function","function":{"name":"get_weather","description":"Get the current weather for a city","parameters":{"type":"object","properties":{"city":{"type":"string","description":"Name of the city"},"unit":{"type":"string","enum":["celsius","fahrenheit"]}},"required":["city"]}}}',
  ],
  [
    'markdown',
    54,
    '# Title\n\n- first point\n- second point\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n**Bold** and _italic_ with `code` and [a link](https://example.com/path?query=1).\n',
  ],
  ['emoji', 23, 'Great job! 🎉🎉 Let us celebrate 🥳 with cake 🍰 and music 🎶 ❤️ 👍'],
];

const LARGEST_ERROR = 0.3;

describe('an estimate', () => {
  it.each(TEXTS)('of %s is near its %d tokens', (_, tokens, text) => {
    expect(Math.abs(estimateTokens(text) / tokens - 1)).toBeLessThan(LARGEST_ERROR);
  });

  it('errs to both sides: of all texts together it is nearer', () => {
    const estimated = TEXTS.reduce((sum, [, , text]) => sum + estimateTokens(text), 0);
    const counted = TEXTS.reduce((sum, [, tokens]) => sum + tokens, 0);
    expect(Math.abs(estimated / counted - 1)).toBeLessThan(0.08);
  });

  it('of nothing is nothing, and of anything is something', () => {
    expect(estimateTokens('')).toBe(0);
    for (const text of ['a', ' a', '.', '7', 'é', '中', '\ud83c', '\0']) {
      expect(estimateTokens(text)).toBeGreaterThan(0);
    }
  });

  it('of a text without end is made of its beginning', () => {
    const text = 'word '.repeat(100_000);
    expect(Math.abs(estimateTokens(text) / 100_000 - 1)).toBeLessThan(0.01);
  });
});
