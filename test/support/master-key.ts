/** Of every gateway under test. */
export const MASTER_KEY = 'sk-pllm-e2e-0123456789abcdef-e2e';
