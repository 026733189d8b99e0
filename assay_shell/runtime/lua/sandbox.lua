-- Takes away what would let a script compile code or reach the host, as the contract has it.

load, loadfile, dofile, loadstring, debug, python = nil, nil, nil, nil, nil, nil
string.dump = nil
package.loaded.debug, package.loaded.python = nil, nil
package.preload.debug, package.preload.python = nil, nil

function package.loadlib()
  error("package.loadlib is disabled in safe mode", 2)
end

function warn() end

_ASSAY_COMPAT = "0.8.2"
