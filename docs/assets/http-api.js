// Shows the description of the API on its page, in the colours of the site. The page is for reading: it sends no
// requests, so there is no server to choose and no key to enter.
function takeColours() {
  const dark = document.body.getAttribute("data-md-color-scheme") === "slate";
  document.documentElement.classList.toggle("dark-mode", dark);
}

takeColours();
new MutationObserver(takeColours).observe(document.body, { attributeFilter: ["data-md-color-scheme"] });
const page = SwaggerUIBundle({
  spec: window.openapi,
  dom_id: "#http-api",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  supportedSubmitMethods: [],
  validatorUrl: null,
});
// References of the description are resolved against its address, for which file:// is not taken. Nothing is loaded
// from there, since the description is here.
page.specActions.updateUrl("https://description.invalid/openapi.json");
