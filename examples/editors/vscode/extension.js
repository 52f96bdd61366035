// Starts `waxseal lsp` and lets it speak with VS Code.

const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

function activate() {
    const settings = workspace.getConfiguration("waxseal");
    const policies = settings.get("policies");
    const server = { command: settings.get("command"), args: ["lsp"] };
    client = new LanguageClient("waxseal", "Waxseal", server, {
        documentSelector: [{ scheme: "file", language: "rhai" }],
        initializationOptions: policies ? { policies } : {},
        // A policy that another program writes or removes is a word of the table, or no more.
        synchronize: { fileEvents: workspace.createFileSystemWatcher("**/*.{rhai,wasm}") },
    });
    return client.start();
}

function deactivate() {
    return client?.stop();
}

module.exports = { activate, deactivate };
