#nullable enable

using System;
using System.Globalization;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

public sealed class InvalidSignatureException : Exception
{
    public InvalidSignatureException(string message) : base(message) { }
}

public static class Webhook
{
    private const long ToleranceS = 5 * 60;

    /// <summary>Returns when the request was signed with the secret, and throws InvalidSignatureException when it was not.</summary>
    public static void Verify(string secret, string? id, string? timestamp, string? signature, byte[] rawBody)
    {
        var key = Convert.FromBase64String(secret.StartsWith("whsec_", StringComparison.Ordinal) ? secret.Substring(6) : secret);
        // Anyone who knows that it is empty can sign.
        if (key.Length == 0) throw new ArgumentException("the secret is empty", nameof(secret));

        // No sign and no spaces, so the difference cannot overflow.
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            throw new InvalidSignatureException("the timestamp is not a number");
        if (Math.Abs(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - seconds) > ToleranceS)
            throw new InvalidSignatureException("the timestamp is more than five minutes off");

        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hmac.AppendData(Encoding.UTF8.GetBytes($"{id}.{timestamp}."));
        hmac.AppendData(rawBody);
        var expected = Encoding.UTF8.GetBytes("v1," + Convert.ToBase64String(hmac.GetHashAndReset()));
        var given = (signature ?? "").Split(' ');
        if (!given.Any(one => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(one), expected)))
            throw new InvalidSignatureException("no signature is right");
    }
}
