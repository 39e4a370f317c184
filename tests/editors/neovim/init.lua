-- A user's configuration, as client-neovim/README.md tells to write it.
-- AWAITLENS_PATH names the plugin's folder where it is not installed as a package, as a plugin manager's `path` would.

vim.o.swapfile = false
vim.o.signcolumn = 'yes'
vim.o.termguicolors = true
vim.o.laststatus = 2
vim.diagnostic.config({ virtual_text = true })

if vim.env.AWAITLENS_PATH then
  vim.opt.runtimepath:prepend(vim.env.AWAITLENS_PATH)
end

if vim.fn.has('nvim-0.11') == 1 then
  vim.lsp.enable('awaitlens')
else
  vim.api.nvim_create_autocmd('FileType', {
    pattern = 'python',
    callback = function(event)
      vim.lsp.start(require('awaitlens').configuration(event.buf))
    end,
  })
  vim.keymap.set('n', 'gra', vim.lsp.buf.code_action)
end

-- For the record of times: when the last key came, and when the findings changed after it.
local pressed
vim.on_key(function()
  pressed = vim.uv.hrtime()
end)
vim.api.nvim_create_autocmd('DiagnosticChanged', {
  callback = function(event)
    local found = #vim.diagnostic.get(event.buf)
    if pressed and found ~= _G.found_before then
      _G.milliseconds = (vim.uv.hrtime() - pressed) / 1e6
    end
    _G.found_before = found
  end,
})
