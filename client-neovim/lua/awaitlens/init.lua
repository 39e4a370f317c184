-- What a configuration may call. Nothing here has to be called on Neovim 0.11 and newer.

local client = require('awaitlens.client')

return {
  configuration = client.configuration,
  configure = client.configure,
  fix_on_save = client.fix_on_save,
  restart = client.restart,
}
