-- :checkhealth awaitlens

local client = require('awaitlens.client')

local M = {}

local function check_neovim()
  if vim.fn.has('nvim-0.10') == 0 then
    return vim.health.error('Neovim 0.10 or newer is needed')
  end
  vim.health.ok('Neovim ' .. tostring(vim.version()))
end

local function check_program()
  local program = client.program()
  if vim.fn.executable(program) == 0 then
    return vim.health.error(program .. ' cannot be run', {
      'Install it: pip install awaitlens, pipx install awaitlens or uv tool install awaitlens',
      "Or name it: vim.lsp.config('awaitlens', { cmd = { '/path/to/awaitlens', 'server' } })",
    })
  end
  local outcome = vim.system({ program, '--version' }, { text = true }):wait()
  if outcome.code ~= 0 then
    return vim.health.error(program .. ' does not start: ' .. vim.trim(outcome.stderr))
  end
  vim.health.ok(('%s (%s)'):format(vim.trim(outcome.stdout), vim.fn.exepath(program)))
end

local function check_clients()
  local clients = client.all()
  if #clients == 0 then
    local advice = vim.lsp.enable and "vim.lsp.enable('awaitlens'), then open a Python file"
      or 'see :help awaitlens-neovim-0.10, then open a Python file'
    return vim.health.warn('No server runs', { advice, ':AwaitLens log tells how the last one ended' })
  end
  for _, each in ipairs(clients) do
    local buffers = #vim.tbl_keys(each.attached_buffers or {})
    vim.health.ok(('Server %d serves %s; buffers: %d, positions in %s'):format(
      each.id, each.config.root_dir or 'single files', buffers, each.offset_encoding))
  end
end

local function check_hints()
  if vim.g.awaitlens_inlay_hints == false then
    return vim.health.info('Inlay hints are left to you (vim.g.awaitlens_inlay_hints is false)')
  end
  vim.health.info('Inlay hints are switched on in buffers with a server')
end

function M.check()
  vim.health.start('awaitlens')
  check_neovim()
  check_program()
  check_clients()
  check_hints()
end

return M
