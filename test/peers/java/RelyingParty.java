import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.Security;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509CRLEntry;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.ocsp.BasicOCSPResp;
import org.bouncycastle.cert.ocsp.CertificateID;
import org.bouncycastle.cert.ocsp.OCSPException;
import org.bouncycastle.cert.ocsp.OCSPReq;
import org.bouncycastle.cert.ocsp.OCSPReqBuilder;
import org.bouncycastle.cert.ocsp.OCSPResp;
import org.bouncycastle.cert.ocsp.RevokedStatus;
import org.bouncycastle.cert.ocsp.SingleResp;
import org.bouncycastle.cert.ocsp.UnknownStatus;
import org.bouncycastle.cert.ocsp.jcajce.JcaCertificateID;
import org.bouncycastle.jcajce.PKIXExtendedParameters;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.ContentVerifierProvider;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;

/**
 * A relying party by Bouncy Castle. Reads one question a line, words separated by tabs, and answers each with one line:
 *
 * <pre>
 * path TRUSTED LEAF FILE...   validates the path from LEAF to TRUSTED with the certificates and CRLs in FILE..., every certificate
 *                             against a CRL, deltas included
 * ocsp ISSUER CERTIFICATE URL asks the responder at URL
 * crl ISSUER CRL              verifies a CRL and lists it
 * </pre>
 *
 * SM2 signatures are verified with the identifier 1234567812345678, the default of the library.
 */
public final class RelyingParty {
  private static final String PROVIDER = BouncyCastleProvider.PROVIDER_NAME;
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final SecureRandom RANDOM = new SecureRandom();

  /** Why something is not believed. */
  private static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    Refused(String reason) {
      super(reason);
    }
  }

  public static void main(String[] arguments) throws IOException {
    Security.addProvider(new BouncyCastleProvider());
    BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = questions.readLine(); line != null; line = questions.readLine()) {
      System.out.println(answer(line.split("\t")).replaceAll("\\R", " "));
      System.out.flush();
    }
  }

  private static String answer(String[] words) {
    try {
      return switch (words[0]) {
        case "path" -> path(List.of(words).subList(1, words.length));
        case "ocsp" -> ocsp(certificateIn(words[1]), certificateIn(words[2]), URI.create(words[3]));
        case "crl" -> crl(certificateIn(words[1]), crlIn(words[2]));
        default -> throw new Refused("unknown question");
      };
    } catch (Refused refused) {
      return "refused: " + refused.getMessage();
    } catch (Exception failure) {
      return "failed: " + failure;
    }
  }

  private static String path(List<String> files) throws Exception {
    CertificateFactory factory = CertificateFactory.getInstance("X.509", PROVIDER);
    List<X509Certificate> certificates = new ArrayList<>(List.of(certificateIn(files.get(1))));
    List<X509CRL> crls = new ArrayList<>();
    for (String file : files.subList(2, files.size())) {
      if (file.endsWith(".crl")) {
        crls.add(crlIn(file));
      } else {
        certificates.add(certificateIn(file));
      }
    }
    CertPath path = factory.generateCertPath(certificates);
    PKIXParameters base = new PKIXParameters(Set.of(new TrustAnchor(certificateIn(files.get(0)), null)));
    base.setRevocationEnabled(true);
    base.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(crls), PROVIDER));
    PKIXExtendedParameters parameters =
        new PKIXExtendedParameters.Builder(base).setUseDeltasEnabled(true).build();
    try {
      CertPathValidator.getInstance("PKIX", PROVIDER).validate(path, parameters);
      return "valid";
    } catch (CertPathValidatorException refusal) {
      Throwable cause = refusal;
      while (cause.getCause() != null) {
        cause = cause.getCause();
      }
      throw new Refused("certificate " + refusal.getIndex() + ": " + cause.getMessage());
    }
  }

  private static String crl(X509Certificate issuer, X509CRL crl) throws Exception {
    crl.verify(issuer.getPublicKey(), PROVIDER);
    if (!crl.getIssuerX500Principal().equals(issuer.getSubjectX500Principal())) {
      throw new Refused("another issuer");
    }
    if (crl.getNextUpdate().before(new Date()) || crl.getThisUpdate().after(new Date())) {
      throw new Refused("not of now");
    }
    StringBuilder said = new StringBuilder("number " + numberIn(crl, Extension.cRLNumber));
    if (crl.getCriticalExtensionOIDs() != null
        && crl.getCriticalExtensionOIDs().contains(Extension.deltaCRLIndicator.getId())) {
      said.append(" base ").append(numberIn(crl, Extension.deltaCRLIndicator));
    }
    Set<String> entries = new TreeSet<>();
    if (crl.getRevokedCertificates() != null) {
      for (X509CRLEntry entry : crl.getRevokedCertificates()) {
        entries.add(entry.getSerialNumber() + "=" + reasonOf(entry));
      }
    }
    return said.append(" revoked ").append(String.join(",", entries)).toString();
  }

  private static Object reasonOf(X509CRLEntry entry) {
    return entry.getRevocationReason() == null ? "UNSPECIFIED" : entry.getRevocationReason();
  }

  private static Object numberIn(X509CRL crl, ASN1ObjectIdentifier oid) throws Exception {
    byte[] value = crl.getExtensionValue(oid.getId());
    return ASN1Integer.getInstance(JcaX509ExtensionUtils.parseExtensionValue(value)).getValue();
  }

  private static String ocsp(X509Certificate issuer, X509Certificate certificate, URI url) throws Exception {
    CertificateID id =
        new JcaCertificateID(
            new JcaDigestCalculatorProviderBuilder().setProvider(PROVIDER).build().get(CertificateID.HASH_SHA1),
            issuer,
            certificate.getSerialNumber());
    byte[] nonce = new byte[32];
    RANDOM.nextBytes(nonce);
    Extension asked =
        new Extension(OCSPObjectIdentifiers.id_pkix_ocsp_nonce, false, new DEROctetString(nonce).getEncoded());
    OCSPReq request = new OCSPReqBuilder().addRequest(id).setRequestExtensions(new Extensions(asked)).build();
    HttpRequest post =
        HttpRequest.newBuilder(url)
            .header("content-type", "application/ocsp-request")
            .POST(HttpRequest.BodyPublishers.ofByteArray(request.getEncoded()))
            .build();
    OCSPResp response = new OCSPResp(HTTP.send(post, HttpResponse.BodyHandlers.ofByteArray()).body());
    if (response.getStatus() != OCSPResp.SUCCESSFUL) {
      throw new Refused("OCSP status " + response.getStatus());
    }
    BasicOCSPResp basic = (BasicOCSPResp) response.getResponseObject();
    requireResponder(basic, issuer);
    Extension answered = basic.getExtension(OCSPObjectIdentifiers.id_pkix_ocsp_nonce);
    if (answered == null || !ASN1OctetString.getInstance(answered.getParsedValue()).equals(new DEROctetString(nonce))) {
      throw new Refused("another nonce");
    }
    SingleResp single = basic.getResponses()[0];
    if (basic.getResponses().length != 1 || !single.getCertID().equals(id)) {
      throw new Refused("another certificate");
    }
    Date now = new Date();
    if (single.getThisUpdate().after(now) || single.getNextUpdate().before(now)) {
      throw new Refused("not of now");
    }
    return statusOf(single);
  }

  /** RFC 6960 section 4.2.2.2: certified by the issuer itself, for this. */
  private static void requireResponder(BasicOCSPResp basic, X509Certificate issuer) throws Exception {
    X509CertificateHolder responder = basic.getCerts()[0];
    JcaContentVerifierProviderBuilder verifiers = new JcaContentVerifierProviderBuilder().setProvider(PROVIDER);
    ContentVerifierProvider ofIssuer = verifiers.build(issuer);
    boolean certified =
        responder.getIssuer().equals(new JcaX509CertificateHolder(issuer).getSubject())
            && responder.isSignatureValid(ofIssuer)
            && responder.isValidOn(new Date());
    boolean entitled =
        ExtendedKeyUsage.fromExtensions(responder.getExtensions())
            .hasKeyPurposeId(KeyPurposeId.id_kp_OCSPSigning);
    if (!certified || !entitled) {
      throw new Refused("not a responder of the issuer");
    }
    if (!basic.isSignatureValid(verifiers.build(responder))) {
      throw new Refused("bad signature");
    }
  }

  private static String statusOf(SingleResp single) throws OCSPException {
    Object status = single.getCertStatus();
    if (status == null) {
      return "good";
    }
    if (status instanceof UnknownStatus) {
      return "unknown";
    }
    RevokedStatus revoked = (RevokedStatus) status;
    if (!revoked.hasRevocationReason()) {
      return "revoked";
    }
    return "revoked " + CRLReason.lookup(revoked.getRevocationReason()).toString().replace("CRLReason: ", "");
  }

  private static X509Certificate certificateIn(String file) throws IOException, GeneralSecurityException {
    CertificateFactory factory = CertificateFactory.getInstance("X.509", PROVIDER);
    return (X509Certificate) factory.generateCertificate(contentOf(file));
  }

  private static X509CRL crlIn(String file) throws IOException, GeneralSecurityException {
    return (X509CRL) CertificateFactory.getInstance("X.509", PROVIDER).generateCRL(contentOf(file));
  }

  private static ByteArrayInputStream contentOf(String file) throws IOException {
    return new ByteArrayInputStream(Files.readAllBytes(Path.of(file)));
  }
}
