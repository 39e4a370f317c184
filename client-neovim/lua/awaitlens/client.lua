-- The running server as Neovim knows it. The differences between Neovim 0.10 and its successors end in this file.

local M = {}

local NAME = 'awaitlens'
local FIX_ALL = 'source.fixAll.awaitlens'
local ANSWER_WITHIN = 1000 -- milliseconds; a file is saved without repairs rather than late
local STOP_WITHIN = 3000 -- milliseconds; after that the server is ended by force
local METHODS_ARE_CALLED_WITH_THE_CLIENT = vim.fn.has('nvim-0.11') == 1

---Buffers a server was attached to, with the configuration it was started with: what a restart needs to know when the
---server is gone.
---@type table<integer, vim.lsp.ClientConfig>
local served = {}

---@param bufnr? integer
---@return vim.lsp.Client[]
function M.all(bufnr)
  return vim.lsp.get_clients({ name = NAME, bufnr = bufnr })
end

---The configuration for `vim.lsp.start`: for Neovim 0.10, which does not read the folder lsp/.
---@param bufnr integer
---@param changes? table what should differ from lsp/awaitlens.lua
---@return vim.lsp.ClientConfig
function M.configuration(bufnr, changes)
  local config = vim.tbl_deep_extend('force', M.shipped(), changes or {})
  local root = vim.fs.root(bufnr, config.root_markers) or vim.fs.dirname(vim.api.nvim_buf_get_name(bufnr))
  return vim.tbl_extend('keep', config, { name = NAME, root_dir = root })
end

---@return table lsp/awaitlens.lua as it lies beside this file
function M.shipped()
  local here = debug.getinfo(1, 'S').source:sub(2)
  return dofile(vim.fs.joinpath(vim.fs.dirname(here), '..', '..', 'lsp', 'awaitlens.lua'))
end

---The program that serves, with which lessons can be read too.
---@return string
function M.program()
  local known = next(served) and served[next(served)] or (vim.lsp.config and vim.lsp.config[NAME]) or M.shipped()
  local client = M.all()[1]
  local cmd = client and client.config.cmd or known.cmd
  return type(cmd) == 'table' and cmd[1] or NAME
end

---Send a request; `answer` gets the result, and is not called when there is none to get.
---@param client vim.lsp.Client
---@param method string
---@param params table
---@param bufnr integer
---@param answer fun(result: any)
function M.request(client, method, params, bufnr, answer)
  local function handle(failure, result)
    if failure then
      return vim.notify('AwaitLens: ' .. failure.message, vim.log.levels.WARN)
    end
    answer(result)
  end
  M.call(client, 'request', method, params, handle, bufnr)
end

---Call a method of the client in the way this Neovim has it called.
---@param client vim.lsp.Client
---@param method string
function M.call(client, method, ...)
  if METHODS_ARE_CALLED_WITH_THE_CLIENT then
    return client[method](client, ...)
  end
  return client[method](...)
end

---@param client_id integer
---@param bufnr integer
function M.attached(client_id, bufnr)
  local client = vim.lsp.get_client_by_id(client_id)
  if not client or client.name ~= NAME then
    return
  end
  served[bufnr] = client.config
  if vim.g.awaitlens_inlay_hints ~= false then
    vim.lsp.inlay_hint.enable(true, { bufnr = bufnr })
  end
end

---Tell the servers that a file was written.
---@param path string
function M.written(path)
  for _, client in ipairs(M.all()) do
    local change = { uri = vim.uri_from_fname(vim.fs.normalize(path)), type = 2 }
    M.call(client, 'notify', 'workspace/didChangeWatchedFiles', { changes = { change } })
  end
end

---Give the running servers other settings. Keys that are not named stay as they are.
---@param settings table as in `[tool.awaitlens]`
function M.configure(settings)
  for _, client in ipairs(M.all()) do
    local own = vim.tbl_extend('force', (client.settings or {})[NAME] or {}, settings)
    client.settings = vim.tbl_extend('force', client.settings or {}, { [NAME] = own })
    client.config.settings = client.settings
    M.call(client, 'notify', 'workspace/didChangeConfiguration', { settings = client.settings })
  end
end

---From now on, apply what is safe to repair before a Python file is written.
function M.fix_on_save()
  vim.api.nvim_create_autocmd('BufWritePre', {
    group = vim.api.nvim_create_augroup('awaitlens-fix-on-save', {}),
    pattern = '*.py',
    callback = function(event)
      for _, client in ipairs(M.all(event.buf)) do
        M.fix(client, event.buf)
      end
    end,
  })
end

---@param client vim.lsp.Client
---@param bufnr integer
function M.fix(client, bufnr)
  local last = vim.api.nvim_buf_line_count(bufnr)
  local params = {
    textDocument = { uri = vim.uri_from_bufnr(bufnr) },
    range = { start = { line = 0, character = 0 }, ['end'] = { line = last, character = 0 } },
    context = { only = { FIX_ALL }, diagnostics = {} },
  }
  local offered = M.call(client, 'request_sync', 'textDocument/codeAction', params, ANSWER_WITHIN, bufnr)
  local action = offered and offered.result and offered.result[1]
  if action and not action.edit then
    local resolved = M.call(client, 'request_sync', 'codeAction/resolve', action, ANSWER_WITHIN, bufnr)
    action = resolved and resolved.result
  end
  if action and action.edit then
    vim.lsp.util.apply_workspace_edit(action.edit, client.offset_encoding)
  end
end

---End the servers that run, and start one for every buffer that had one, also where it has died.
function M.restart()
  local clients = M.all()
  for _, client in ipairs(clients) do
    M.call(client, 'stop')
  end
  local deadline = vim.uv.now() + STOP_WITHIN
  local function go_on()
    if #M.all() == 0 then
      return M.start_again()
    end
    if vim.uv.now() > deadline then
      deadline = math.huge
      for _, client in ipairs(M.all()) do
        M.call(client, 'stop', true)
      end
    end
    vim.defer_fn(go_on, 20)
  end
  go_on()
end

function M.start_again()
  local started = 0
  for bufnr, config in pairs(served) do
    if vim.api.nvim_buf_is_loaded(bufnr) and vim.lsp.start(config, { bufnr = bufnr }) then
      started = started + 1
    end
  end
  vim.notify(started > 0 and 'AwaitLens: started again' or 'AwaitLens: no server has run in an open buffer')
end

return M
