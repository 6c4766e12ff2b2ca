import { isObject, requireList, requireObject, requireText, unsupported } from '#contract';
import type { Members } from '#contract';
import type { Said } from './wire.js';

const MODES = new Set<unknown>(['auto', 'none', 'required']);

/** Tools and the choice among them, as a chat has them. @throws GatewayError that names the tool, or the choice */
export function readTools({ tools, tool_choice: choice, parallel_tool_calls: parallel }: Members): Said {
  const read = requireList(tools, 'tools').map((tool, index) =>
    readTool(requireObject(tool, `tools[${index}]`), `tools[${index}]`),
  );
  // A chat takes none of these without tools.
  if (read.length === 0) return {};
  return {
    tools: read,
    ...(choice !== undefined && choice !== null && { tool_choice: readChoice(choice) }),
    ...(typeof parallel === 'boolean' && { parallel_tool_calls: parallel }),
  };
}

function readTool(tool: Members, param: string): Said {
  // The others run at OpenAI, or are written in no JSON.
  if (tool.type !== 'function') {
    throw unsupported('tools', `This model has no tool of the type '${String(tool.type)}'.`);
  }
  const { description, parameters, strict } = tool;
  return {
    type: 'function',
    function: {
      name: requireText(tool.name, `${param}.name`),
      ...(typeof description === 'string' && { description }),
      ...(isObject(parameters) && { parameters }),
      ...(typeof strict === 'boolean' && { strict }),
    },
  };
}

function readChoice(choice: unknown): unknown {
  if (MODES.has(choice)) return choice;
  const { type, name, mode, tools } = requireObject(choice, 'tool_choice');
  if (type === 'function') return nameTool(name, 'tool_choice.name');
  if (type !== 'allowed_tools') {
    throw unsupported('tool_choice', `This model cannot be made to use '${String(type)}'.`);
  }
  const allowed = requireList(tools, 'tool_choice.tools').map((tool, index) => {
    const param = `tool_choice.tools[${index}]`;
    return nameTool(requireObject(tool, param).name, `${param}.name`);
  });
  return { type, allowed_tools: { mode: mode ?? 'auto', tools: allowed } };
}

function nameTool(name: unknown, param: string): Said {
  return { type: 'function', function: { name: requireText(name, param) } };
}
