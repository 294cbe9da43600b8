import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SignatureException;
import java.time.Instant;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public final class Verify {
  private static final long TOLERANCE_S = 5 * 60;

  private Verify() {}

  /**
   * Returns when the request was signed with the secret, and throws SignatureException when it was not. A header that
   * is absent is null.
   */
  public static void verify(String secret, String id, String timestamp, String signature, byte[] rawBody)
      throws GeneralSecurityException {
    String encoded = secret.startsWith("whsec_") ? secret.substring("whsec_".length()) : secret;
    Mac mac = Mac.getInstance("HmacSHA256");
    // An empty key, with which anybody could sign, is an IllegalArgumentException here.
    mac.init(new SecretKeySpec(Base64.getDecoder().decode(encoded), "HmacSHA256"));

    long offS;
    try {
      offS = Instant.now().getEpochSecond() - Long.parseLong(timestamp);
    } catch (NumberFormatException e) {
      throw new SignatureException("the timestamp is not a number");
    }
    if (offS > TOLERANCE_S || offS < -TOLERANCE_S) {
      throw new SignatureException("the timestamp is more than five minutes off");
    }

    mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
    String computed = "v1," + Base64.getEncoder().encodeToString(mac.doFinal(rawBody));
    byte[] expected = computed.getBytes(StandardCharsets.UTF_8);
    for (String given : signature == null ? new String[0] : signature.split(" ")) {
      if (MessageDigest.isEqual(given.getBytes(StandardCharsets.UTF_8), expected)) return;
    }
    throw new SignatureException("no signature is right");
  }
}
