-- A window that shows Markdown to be read: it holds no file, and `q` closes it.

local M = {}

---Languages that appear in lessons. Neovim brings no grammar for Python, so its older syntax files are asked.
local FENCED = { 'python', 'diff', 'toml', 'bash=sh', 'text' }
local SHARE = 0.65 -- of the screen's height, at most

---@param name string
---@param lines string[]
---@return integer bufnr, integer window
function M.open(name, lines)
  local bufnr = vim.fn.bufadd(name)
  vim.fn.bufload(bufnr)
  vim.bo[bufnr].buftype = 'nofile'
  vim.bo[bufnr].bufhidden = 'wipe'
  vim.bo[bufnr].swapfile = false
  vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = bufnr, nowait = true, desc = 'Close' })
  M.fill(bufnr, lines)
  local window = M.show(bufnr)
  M.fit(window, #lines)
  return bufnr, window
end

---Make a window below the code as high as its text, as far as that leaves the code in sight.
---@param window integer
---@param lines integer
function M.fit(window, lines)
  if vim.api.nvim_win_get_width(window) == vim.o.columns then
    vim.api.nvim_win_set_height(window, math.min(lines + 1, math.floor(vim.o.lines * SHARE)))
  end
end

---@param bufnr integer
---@param lines string[]
function M.fill(bufnr, lines)
  vim.bo[bufnr].modifiable = true
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.bo[bufnr].modifiable = false
  vim.bo[bufnr].modified = false
end

---@param bufnr integer
---@return integer window
function M.show(bufnr)
  local window = vim.fn.bufwinid(bufnr)
  if window == -1 then
    vim.cmd(vim.o.columns >= 140 and 'botright vsplit' or 'botright split')
    window = vim.api.nvim_get_current_win()
    vim.api.nvim_win_set_buf(window, bufnr)
  end
  vim.api.nvim_set_current_win(window)
  for option, value in pairs({
    wrap = true, linebreak = true, number = false, relativenumber = false, signcolumn = 'no', foldenable = false,
    conceallevel = 2, concealcursor = 'nc', spell = false, cursorline = false, list = false,
  }) do
    vim.wo[window][0][option] = value
  end
  M.colour(bufnr)
  return window
end

---The syntax file reads its languages from a global variable, which is the user's.
---@param bufnr integer
function M.colour(bufnr)
  local users = vim.g.markdown_fenced_languages
  vim.g.markdown_fenced_languages = vim.tbl_filter(function(language)
    local syntax = language:match('[^=]+$')
    return #vim.api.nvim_get_runtime_file('syntax/' .. syntax .. '.vim', false) > 0
  end, FENCED)
  vim.bo[bufnr].syntax = 'markdown'
  vim.g.markdown_fenced_languages = users
end

return M
