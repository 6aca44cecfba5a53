// A teacher on matrix-js-sdk with Rust crypto, who trusts only devices that their owner has signed.
//
//   node teacher.mjs HOMESERVER USER PASSWORD [RECOVERY KEY]
//
// With a recovery key it takes the account's identity out of its secret storage and signs itself with it.
// Each line of stdin is one request, {"id", "do", ...}; its answer is {"id", "result" | "error"}.
// Besides, every event of a timeline is told as this client's user would see it, and again when that
// changes: {"seen": {id, room, sender, type, content, readable, shield}}.

import { createInterface } from "node:readline";

let [homeserver, user, password, recoveryKey] = process.argv.slice(2);
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
for (const name of ["debug", "info", "log", "trace", "warn"]) console[name] = () => {};

// The one thing of Node 22 that the library wants and Node 20 has not.
Promise.withResolvers ??= () => {
    const parts = {};
    parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
    return parts;
};

const matrix = await import("matrix-js-sdk");
const { EventShieldColour, VerificationPhase, VerifierEvent, OnlySignedDevicesIsolationMode } = await import(
    "matrix-js-sdk/lib/crypto-api/index.js"
);
const { decodeRecoveryKey } = await import("matrix-js-sdk/lib/crypto-api/recovery-key.js");
const { logger } = await import("matrix-js-sdk/lib/logger.js");
logger.setLevel("silent");

const proof = { type: "m.login.password", identifier: { type: "m.id.user", user }, password };
const session = await matrix.createClient({ baseUrl: homeserver, logger }).loginRequest(proof);
const client = matrix.createClient({
    baseUrl: homeserver,
    logger,
    userId: session.user_id,
    deviceId: session.device_id,
    accessToken: session.access_token,
    cryptoCallbacks: {
        getSecretStorageKey: async ({ keys }) =>
            recoveryKey ? [Object.keys(keys)[0], decodeRecoveryKey(recoveryKey)] : null,
    },
});
await client.initRustCrypto({ useIndexedDB: false });
const crypto = client.getCrypto();
crypto.setDeviceIsolationMode(new OnlySignedDevicesIsolationMode());

async function show(event) {
    const sealed = event.isEncrypted();
    const open = event.getType() !== "m.room.encrypted" && !event.isDecryptionFailure();
    const readable = !sealed || open || event.isRedacted();
    const info = sealed && open ? await crypto.getEncryptionInfoForEvent(event) : null;
    tell({
        seen: {
            id: event.getId(),
            room: event.getRoomId(),
            sender: event.getSender(),
            type: event.getType(),
            content: event.getOriginalContent(),
            shown: event.getContent().body ?? null,
            relation: event.getWireContent()["m.relates_to"] ?? null,
            encrypted: sealed,
            readable,
            redacted: event.isRedacted(),
            shield: info ? EventShieldColour[info.shieldColour] : null,
        },
    });
}
client.on("Room.timeline", (event, room, toStart, removed, data) => data?.liveEvent && show(event));
client.on("Event.decrypted", show);
client.on("Event.replaced", show);
client.on("Room.redaction", (redaction, room) => {
    const gone = room.findEventById(redaction.getAssociatedId());
    if (gone) show(gone);
});

const ready = new Promise((resolve) => client.on("sync", (state) => state === "PREPARED" && resolve()));
await client.startClient({ threadSupport: false });
await ready;
// A second device of the same person stays unsigned until the first signs it: that is not played here.
const hasIdentity = await crypto.userHasCrossSigningKeys(session.user_id, true);
if (recoveryKey) {
    await crypto.bootstrapCrossSigning({});
} else if (!hasIdentity) {
    await crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys: (request) => request(proof) });
}

// Asked in a room, or of the first device of somebody.
async function asked({ of, room }) {
    if (room) return crypto.requestVerificationDM(of, room);
    const [device] = ((await crypto.getUserDeviceInfo([of], true)).get(of) ?? new Map()).keys();
    return crypto.requestDeviceVerification(of, device);
}
async function until(request, ...phases) {
    while (!phases.includes(request.phase)) {
        await new Promise((resolve) => request.once("change", resolve));
    }
    return request.phase === VerificationPhase.Cancelled ? request.cancellationCode : null;
}
const { Ready, Done, Cancelled } = VerificationPhase;
let comparing = null; // the verification under way, and what it shows

const requests = {
    async create({ invite, direct, messages_a_key }) {
        const encryption = {
            type: "m.room.encryption",
            state_key: "",
            content: { algorithm: "m.megolm.v1.aes-sha2", rotation_period_msgs: messages_a_key },
        };
        const preset = direct ? "trusted_private_chat" : "private_chat";
        const { room_id } = await client.createRoom({
            preset,
            is_direct: direct,
            invite,
            initial_state: [encryption],
        });
        return room_id;
    },
    // The room must be known to be encrypted, with its members, before anything is said in it.
    async settled({ room, member }) {
        const there = () => client.getRoom(room)?.getMember(member)?.membership === "join";
        while (!there() || !(await crypto.isEncryptionEnabledInRoom(room))) {
            await new Promise((resolve) => client.once("sync", resolve));
        }
    },
    send: async ({ room, type, content }) => (await client.sendEvent(room, type, content)).event_id,
    redact: async ({ room, event }) => (await client.redactEvent(room, event)).event_id,
    rotate: ({ room }) => crypto.forceDiscardSession(room),
    // A secret storage, with which another device of the same person takes up the identity.
    async recovery() {
        const key = await crypto.createRecoveryKeyFromPassphrase();
        recoveryKey = key.encodedPrivateKey;
        await crypto.bootstrapSecretStorage({ createSecretStorageKey: async () => key });
        return recoveryKey;
    },
    // Returns why it was declined.
    verify: async (whom) => until(await asked(whom), Cancelled),
    // Begins to compare emojis; returns them, or why it was declined.
    async compare(whom) {
        const request = await asked(whom);
        comparing = { request };
        const declined = await until(request, Ready, Cancelled);
        if (declined) return declined;
        const verifier = await request.startVerification("m.sas.v1");
        verifier.verify().catch(() => {}); // how it ends is told by `compared`
        comparing.shown = verifier.getShowSasCallbacks();
        comparing.shown ??= await new Promise((resolve) => verifier.once(VerifierEvent.ShowSas, resolve));
        return comparing.shown.sas;
    },
    // Asks, and starts nothing: waits until that is accepted.
    async invite(whom) {
        comparing = { request: await asked(whom) };
        return until(comparing.request, Ready, Cancelled);
    },
    same: () => void comparing.shown.confirm(),
    different: () => comparing.shown.mismatch(),
    give_up: () => comparing.request.cancel(),
    // Returns null when it was done, else why it was cancelled.
    compared: () => until(comparing.request, Done, Cancelled),
    verified: async ({ of }) => (await crypto.getUserVerificationStatus(of)).isCrossSigningVerified(),
    // Returns once the signature that this client has made is known to it.
    async becomes_verified({ of }) {
        while (!(await crypto.getUserVerificationStatus(of)).isCrossSigningVerified()) {
            await new Promise((resolve) => client.once("sync", resolve));
        }
    },
    async device({ of }) {
        const devices = (await crypto.getUserDeviceInfo([of], true)).get(of) ?? new Map();
        const states = [...devices.keys()].map((id) => crypto.getDeviceVerificationStatus(of, id));
        return (await Promise.all(states)).map((state) => state?.signedByOwner === true);
    },
};

tell({ ready: session.user_id });
for await (const line of createInterface({ input: process.stdin })) {
    const { id, do: name, ...rest } = JSON.parse(line);
    // Not awaited: a request that waits for something must not hold the next one.
    Promise.resolve(requests[name](rest)).then(
        (result) => tell({ id, result: result ?? null }),
        (error) => tell({ id, error: String(error?.message ?? error) }),
    );
}
client.stopClient();
process.exit(0);
