// Shows the description of the API on its page. Requests are not sent from there: the page is for reading.
SwaggerUIBundle({
  spec: window.openapi,
  dom_id: "#http-api",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  supportedSubmitMethods: [],
  validatorUrl: null,
});
