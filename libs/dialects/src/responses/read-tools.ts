import { isObject, requireList, requireObject, requireText, unsupported } from '#contract';
import type { Members } from '#contract';
import type { Said } from './read-parts.js';

/** Tools and the choice among them, as a chat has them. @throws GatewayError that names the tool, or the choice */
export function readTools(value: Members): Said {
  const { tools, tool_choice: choice, parallel_tool_calls: isParallel } = value;
  const read = requireList(tools, 'tools').map((tool, index) =>
    readTool(requireObject(tool, `tools[${index}]`), `tools[${index}]`),
  );
  if (read.length === 0) return {};
  return {
    tools: read,
    ...(choice !== undefined && choice !== null && { tool_choice: readChoice(choice) }),
    ...(typeof isParallel === 'boolean' && { parallel_tool_calls: isParallel }),
  };
}

function readTool(tool: Members, param: string): Said {
  // The others run at OpenAI, or answer in no JSON.
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
  if (typeof choice === 'string') return choice;
  const { type, name, mode, tools } = requireObject(choice, 'tool_choice');
  if (type === 'function') {
    return { type, function: { name: requireText(name, 'tool_choice.name') } };
  }
  if (type !== 'allowed_tools') throw unsupported('tool_choice', `There is no choice '${String(type)}'.`);
  const allowed = requireList(tools, 'tool_choice.tools').map((tool) => {
    const { name: one } = requireObject(tool, 'tool_choice.tools');
    return { type: 'function', function: { name: requireText(one, 'tool_choice.tools.name') } };
  });
  return { type, allowed_tools: { mode: mode ?? 'auto', tools: allowed } };
}
