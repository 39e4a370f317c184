if vim.g.loaded_awaitlens then
  return
end
vim.g.loaded_awaitlens = true

vim.api.nvim_create_user_command('AwaitLens', function(command)
  require('awaitlens.commands').run(command.fargs)
end, {
  nargs = '*',
  desc = 'AwaitLens: slides, prove, explain, log, restart',
  complete = function(lead, line)
    return require('awaitlens.commands').complete(lead, line)
  end,
})

-- The menu of code actions offers slides too. They are shown here rather than in a browser.
vim.lsp.commands['awaitlens.slides'] = function(command, context)
  local place = command.arguments[1]
  require('awaitlens.slides').show(context.client_id, place.uri, place.position)
end

vim.lsp.commands['awaitlens.prove'] = function(command, context)
  local place = command.arguments[1]
  local serving = assert(vim.lsp.get_client_by_id(context.client_id))
  require('awaitlens.commands').prove(serving, place.uri, place.position)
end

local group = vim.api.nvim_create_augroup('awaitlens', {})

vim.api.nvim_create_autocmd('LspAttach', {
  group = group,
  callback = function(event)
    require('awaitlens.client').attached(event.data.client_id, event.buf)
  end,
})

-- Where Neovim does not watch files (on Linux, unless it is told to), it can still say what it wrote itself.
vim.api.nvim_create_autocmd('BufWritePost', {
  group = group,
  pattern = 'pyproject.toml',
  callback = function(event)
    require('awaitlens.client').written(event.match)
  end,
})
