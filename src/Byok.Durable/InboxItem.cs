namespace Byok.Durable;

/// <summary>Something a client left for an instance's owner: an event, or the wish to terminate it.</summary>
/// <param name="Number">Its number, in the order of arrival.</param>
/// <param name="InstanceId">Whom it is for.</param>
/// <param name="EventName">The event's name; null asks for termination.</param>
/// <param name="Payload">The event's payload as JSON, or the reason for the termination.</param>
internal sealed record InboxItem(long Number, string InstanceId, string? EventName, string Payload);
