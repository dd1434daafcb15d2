// Passkeys: asks the browser for what a form[data-passkey] needs ("make" or "use" one), then sends the form with it.
// The words for each trouble are in the page ([data-passkey-trouble]); without this script the form stays hidden.
const { webauthnJSON } = globalThis;

const ask = async (form) => {
  const told = document.getElementById("passkey-options");
  const options = told ? JSON.parse(told.textContent) : await fetched(form);
  if (form.dataset.passkey === "use") return webauthnJSON.get(options.request_options);
  const { publicKey } = options.creation_options;
  const authenticatorSelection = { ...publicKey.authenticatorSelection, residentKey: "required", requireResidentKey: true };
  return webauthnJSON.create({ publicKey: { ...publicKey, authenticatorSelection } });
};
const fetched = async (form) => {
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
};
const say = (form, name) => {
  const troubles = [...form.querySelectorAll("[data-passkey-trouble]")];
  const said = troubles.find((trouble) => trouble.dataset.passkeyTrouble === name) ?? troubles.at(-1);
  for (const trouble of troubles) trouble.hidden = !name || trouble !== said;
};

if (webauthnJSON?.supported()) {
  document.querySelectorAll("[data-passkey-missing]").forEach((notice) => { notice.hidden = true; });
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      const credential = form.elements.namedItem("credential");
      if (credential.value) return;
      event.preventDefault();
      if (form.dataset.asking) return;
      form.dataset.asking = "yes";
      say(form, "");
      try {
        credential.value = JSON.stringify(await ask(form));
        form.requestSubmit();
      } catch (trouble) {
        say(form, trouble.name);
      } finally {
        delete form.dataset.asking;
      }
    });
  }
}
