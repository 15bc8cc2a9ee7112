using Byok.Agent.Commands;

return await AgentCommandLine.RunAsync(args, Console.Out, Console.Error).ConfigureAwait(false);
