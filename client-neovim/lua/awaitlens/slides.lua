-- A deck in a window: one slide at a time, with the line it speaks of marked in the code.

local client = require('awaitlens.client')
local page = require('awaitlens.page')

local M = {}

---Stands alone on a line between two slides, and on no other line of a deck.
local SEPARATOR = '---'
local NAMESPACE = vim.api.nvim_create_namespace('awaitlens-slides')

---@class awaitlens.Deck
---@field title string
---@field slides string[][] the lines of each slide
---@field number integer the slide shown
---@field height integer lines of the longest slide
---@field code integer the buffer the deck is about
---@field bufnr integer the buffer it is shown in

---@param client_id integer
---@param uri string
---@param position lsp.Position
function M.show(client_id, uri, position)
  local serving = assert(vim.lsp.get_client_by_id(client_id))
  local code = vim.uri_to_bufnr(uri)
  local wish = { uri = uri, position = position, format = 'markdown' }
  local params = { command = 'awaitlens.slides', arguments = { wish } }
  client.request(serving, 'workspace/executeCommand', params, code, function(deck)
    if not deck or deck == vim.NIL then
      return vim.notify('AwaitLens: there is no finding here')
    end
    M.open(deck.title, deck.markdown, code)
  end)
end

---@param title string
---@param markdown string
---@param code integer
function M.open(title, markdown, code)
  local deck = { title = title, slides = M.split(markdown), number = 1, code = code, height = 0 }
  for _, slide in ipairs(deck.slides) do
    deck.height = math.max(deck.height, #slide)
  end
  deck.bufnr = page.open('awaitlens://slides', {})
  M.bind(deck)
  vim.api.nvim_create_autocmd('BufWipeout', {
    buffer = deck.bufnr,
    callback = function()
      M.unmark(deck)
    end,
  })
  M.turn(deck, 0)
end

---@param markdown string
---@return string[][]
function M.split(markdown)
  local slides = { {} }
  for _, line in ipairs(vim.split(vim.trim(markdown), '\n')) do
    if line == SEPARATOR then
      slides[#slides + 1] = {}
    elseif line ~= '' or #slides[#slides] > 0 then
      table.insert(slides[#slides], line)
    end
  end
  return slides
end

---@param deck awaitlens.Deck
function M.bind(deck)
  local keys = {
    [1] = { 'n', 'l', '<Right>', '<Space>', '<PageDown>' },
    [-1] = { 'p', 'h', '<Left>', '<BS>', '<PageUp>' },
    [-math.huge] = { '<Home>' },
    [math.huge] = { '<End>' },
  }
  for step, names in pairs(keys) do
    for _, key in ipairs(names) do
      vim.keymap.set('n', key, function()
        M.turn(deck, step)
      end, { buffer = deck.bufnr, nowait = true, desc = 'Turn the slide' })
    end
  end
  vim.keymap.set('n', '<CR>', function()
    M.go_to_code(deck)
  end, { buffer = deck.bufnr, nowait = true, desc = 'Go to the line the slide speaks of' })
end

---@param deck awaitlens.Deck
---@param step number
function M.turn(deck, step)
  deck.number = math.max(1, math.min(#deck.slides, deck.number + step))
  page.fill(deck.bufnr, deck.slides[deck.number])
  local window = vim.fn.bufwinid(deck.bufnr)
  if window ~= -1 then
    vim.api.nvim_win_set_cursor(window, { 1, 0 })
    page.fit(window, deck.height)
    local title = deck.title:gsub('%%', '%%%%')
    local where = ('%d/%d'):format(deck.number, #deck.slides)
    vim.wo[window].winbar = ('%%#Title#%s %%<%s%%=%%#Comment# n next  p back  Enter code  q close'):format(where, title)
  end
  M.mark(deck)
end

---The line a slide speaks of, when it lies in the code the deck is about; counted from 1.
---@param deck awaitlens.Deck
---@return integer?
function M.line(deck)
  local name = vim.fs.basename(vim.api.nvim_buf_get_name(deck.code))
  for _, text in ipairs(deck.slides[deck.number]) do
    local path, line = text:match('^`(.-), line (%d+)`')
    if path and vim.fs.basename(path) == name then
      return math.min(tonumber(line), vim.api.nvim_buf_line_count(deck.code))
    end
  end
end

---@param deck awaitlens.Deck
function M.mark(deck)
  M.unmark(deck)
  local line = M.line(deck)
  if not line then
    return
  end
  vim.api.nvim_buf_set_extmark(deck.code, NAMESPACE, line - 1, 0, { line_hl_group = 'Visual', priority = 50 })
  local window = vim.fn.bufwinid(deck.code)
  if window ~= -1 then
    vim.api.nvim_win_call(window, function()
      vim.fn.cursor(line, 1)
      vim.cmd('normal! zv')
    end)
  end
end

---@param deck awaitlens.Deck
function M.unmark(deck)
  if vim.api.nvim_buf_is_valid(deck.code) then
    vim.api.nvim_buf_clear_namespace(deck.code, NAMESPACE, 0, -1)
  end
end

---@param deck awaitlens.Deck
function M.go_to_code(deck)
  local line = M.line(deck)
  local window = vim.fn.bufwinid(deck.code)
  if line and window ~= -1 then
    vim.api.nvim_set_current_win(window)
    vim.api.nvim_win_set_cursor(window, { line, 0 })
    vim.cmd('normal! ^')
  end
end

return M
