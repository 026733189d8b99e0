--- @module assay.openbao
--- @category secrets
--- @description OpenBao secrets management, vault-compatible: alias of assay.vault
--- @keywords openbao, vault, secrets, kv, policies, auth, transit, pki, encryption, decryption, certificate, seal, initialization, authentication, secret-engine, password, rotation

return require("assay.vault")
