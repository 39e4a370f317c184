-- :AwaitLens and what can follow it.

local client = require('awaitlens.client')

local M = {}

---@type table<string, fun(arguments: string[])>
local commands = {}

function commands.slides()
  local serving = client.all(0)[1]
  if not serving then
    return vim.notify('AwaitLens: no server in this buffer; :checkhealth awaitlens tells why', vim.log.levels.WARN)
  end
  local position = M.finding_position(serving)
  require('awaitlens.slides').show(serving.id, vim.uri_from_bufnr(0), position)
end

function commands.prove()
  local serving = client.all(0)[1]
  if not serving then
    return vim.notify('AwaitLens: no server in this buffer; :checkhealth awaitlens tells why', vim.log.levels.WARN)
  end
  M.prove(serving, vim.uri_from_bufnr(0), M.finding_position(serving))
end

---Open the program that shows the race at a place, in a buffer that may be written and run.
---@param serving vim.lsp.Client
---@param uri string
---@param position lsp.Position
function M.prove(serving, uri, position)
  local wish = { uri = uri, position = position, format = 'text' }
  local params = { command = 'awaitlens.prove', arguments = { wish } }
  client.request(serving, 'workspace/executeCommand', params, vim.uri_to_bufnr(uri), function(proof)
    if not proof or proof == vim.NIL then
      return vim.notify('AwaitLens: there is nothing to prove here')
    end
    vim.cmd.new()
    vim.api.nvim_buf_set_lines(0, 0, -1, false, vim.split(proof.script, '\n'))
    vim.bo.filetype = 'python'
  end)
end

function commands.explain(arguments)
  local name = arguments[1] or M.pitfall_here()
  if not name then
    return vim.notify('AwaitLens: nothing to explain here; give a name', vim.log.levels.WARN)
  end
  local told = M.output({ 'explain', name })
  if told then
    require('awaitlens.page').open('awaitlens://explain/' .. name, vim.split(vim.trim(told), '\n'))
  end
end

function commands.log()
  local path = vim.lsp.log and vim.lsp.log.get_filename and vim.lsp.log.get_filename() or vim.lsp.get_log_path()
  vim.cmd.tabedit(vim.fn.fnameescape(path))
  vim.cmd('normal! G')
end

function commands.restart()
  client.restart()
end

---@param arguments string[]
function M.run(arguments)
  local name = arguments[1] or 'slides'
  if not commands[name] then
    return vim.notify(('AwaitLens: there is no %q'):format(name), vim.log.levels.ERROR)
  end
  commands[name](vim.list_slice(arguments, 2))
end

---@param lead string
---@param line string
---@return string[]
function M.complete(lead, line)
  local names = vim.tbl_keys(commands)
  if line:match('^%S+%s+explain%s') then
    names = M.pitfalls()
  elseif line:match('^%S+%s+%S+%s') then
    names = {}
  end
  table.sort(names)
  return vim.tbl_filter(function(name)
    return vim.startswith(name, lead)
  end, names)
end

---@return string[] names of all pitfalls
function M.pitfalls()
  local told = M.output({ 'rules', '--output-format', 'json' })
  local known, rules = pcall(vim.json.decode, told or '')
  return known and vim.tbl_map(function(rule)
    return rule.name
  end, rules) or {}
end

---What the program prints; nil, and a word to the user, when it fails.
---@param arguments string[]
---@return string?
function M.output(arguments)
  local there, outcome = pcall(function()
    return vim.system({ client.program(), unpack(arguments) }, { text = true }):wait()
  end)
  if there and outcome.code == 0 then
    return outcome.stdout
  end
  local reason = there and vim.trim(outcome.stderr) or ('cannot run ' .. client.program())
  vim.notify('AwaitLens: ' .. reason, vim.log.levels.ERROR)
end

---This server's findings on the cursor's line, the one under the cursor or nearest to it first.
---@return vim.Diagnostic[]
local function findings_here()
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local found = vim.tbl_filter(function(diagnostic)
    return diagnostic.source == 'awaitlens'
  end, vim.diagnostic.get(0, { lnum = row - 1 }))
  local function distance(diagnostic)
    local ends = diagnostic.end_lnum > diagnostic.lnum and math.huge or diagnostic.end_col
    return math.max(diagnostic.col - column, column - ends + 1, 0)
  end
  table.sort(found, function(a, b)
    return distance(a) < distance(b)
  end)
  return found
end

---@return string?
function M.pitfall_here()
  local nearest = findings_here()[1]
  return nearest and nearest.code
end

---Where to look for a finding, in the server's units: the start of the nearest one on the line, else the cursor.
---@param serving vim.lsp.Client
---@return lsp.Position
function M.finding_position(serving)
  local nearest = findings_here()[1]
  local received = nearest and vim.tbl_get(nearest, 'user_data', 'lsp', 'range')
  return received and received.start or vim.lsp.util.make_position_params(0, serving.offset_encoding).position
end

return M
