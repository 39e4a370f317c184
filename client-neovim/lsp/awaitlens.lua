-- How Neovim 0.11 and newer start the server: vim.lsp.enable('awaitlens').
-- The file needs nothing else of this folder, so it may be copied into a configuration of one's own.

---@type vim.lsp.Config
return {
  cmd = { 'awaitlens', 'server' },
  filetypes = { 'python' },
  root_markers = { 'pyproject.toml', 'manage.py', 'setup.py', 'setup.cfg', 'requirements.txt', '.git' },
  settings = { awaitlens = {} },
}
