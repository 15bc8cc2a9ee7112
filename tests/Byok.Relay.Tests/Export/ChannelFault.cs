namespace Byok.Relay.Tests.Export;

/// <summary>What happens to a message between pipeline and agent.</summary>
public enum ChannelFault
{
    None,
    LostBeforeTheAgent,
    LostAfterTheAgent,
    AgentKilledBefore,
    AgentKilledAfter,
    AnswerOfSomethingOnTheWay,
}
