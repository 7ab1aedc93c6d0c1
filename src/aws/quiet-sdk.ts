// The SDK's advice about Node versions is for this project, not for whoever runs it. Imported for its effect.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
